"""`lake test` ends with the codes of the command line: 0 green, 1 red, 2 a wrong request."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.cli.root import root
from scripts.cli.test import suite
from scripts.setup import paths


@pytest.mark.slow
@pytest.mark.parametrize(
    "content, arguments, expected",
    [
        pytest.param("def test_it(): assert True", [], 0, id="green"),
        pytest.param("def test_it(): assert False", [], 1, id="red"),
        pytest.param("def test_it(): assert True", ["-k", "another"], 2, id="nothing picked"),
        pytest.param("def test_it(): assert True", ["--no-such-option"], 2, id="unknown option"),
    ],
)
def test_exit_code_tells_red_from_wrong(tmp_path, content, arguments, expected):
    file = tmp_path / "test_one.py"
    file.write_text(content)

    assert expected == CliRunner().invoke(root, ["test", str(file), *arguments]).exit_code


EACH = """\
import pytest


@pytest.mark.long
def test_long(): pass


@pytest.mark.extra
def test_extra(): pass


def test_main(): pass
"""


@pytest.fixture
def three(tmp_path):
    file = tmp_path / "test_three.py"
    file.write_text(EACH)
    return str(file)


def run_by(*options):
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", *options, "-rA"]
    told = subprocess.run(command, cwd=paths.ROOT, check=False, capture_output=True, text=True).stdout
    return set(re.findall(r"::test_(\w+)\n", told))


@pytest.mark.slow
@pytest.mark.parametrize(
    "part, expected", [("main", {"main"}), ("all", {"main", "extra"}), ("long", {"long"})], ids=["main", "all", "long"]
)
def test_every_test_is_run_by_ci_or_with_the_long_ones(three, part, expected):
    assert expected == run_by(*suite(part), three)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options, failing, expected",
    [
        pytest.param([], "test_long", 1, id="all of a file"),
        pytest.param(["--long"], "test_main", 0, id="the long ones of a file"),
        pytest.param(["--all"], "test_extra", 1, id="those of CI"),
        pytest.param(["--all"], "test_long", 0, id="and no long one"),
    ],
)
def test_those_of_an_option_can_be_picked_among_others(three, options, failing, expected):
    Path(three).write_text(EACH.replace(f"{failing}(): pass", f"{failing}(): assert False"))

    assert expected == CliRunner().invoke(root, ["test", *options, three, "-k", "test"]).exit_code
