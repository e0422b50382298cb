"""`lake test` ends with the codes of the command line: 0 green, 1 red, 2 a wrong request."""

import subprocess
import sys

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


@pytest.mark.slow
@pytest.mark.parametrize("options, expected", [([], 1), (["--long"], 0)], ids=["all", "long"])
def test_long_ones_can_be_picked_among_others(tmp_path, options, expected):
    file = tmp_path / "test_two.py"
    file.write_text("import pytest\n\n\n@pytest.mark.long\ndef test_long(): pass\n\n\ndef test_short(): assert False\n")

    assert expected == CliRunner().invoke(root, ["test", *options, str(file), "-k", "test"]).exit_code


@pytest.mark.slow
def test_each_test_is_of_one_half_of_the_suite(tmp_path):
    file = tmp_path / "test_two.py"
    file.write_text("import pytest\n\n\n@pytest.mark.long\ndef test_long(): pass\n\n\ndef test_short(): pass\n")

    told = {
        is_long: subprocess.run(
            [sys.executable, "-m", "pytest", "-c", "pyproject.toml", *suite(is_long=is_long), "-rA", str(file)],
            cwd=paths.ROOT,
            check=False,
            capture_output=True,
            text=True,
        ).stdout
        for is_long in (False, True)
    }

    for is_long, name in ((False, "test_short"), (True, "test_long")):
        assert f"::{name}\n1 passed" in told[is_long]
