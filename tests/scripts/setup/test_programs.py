"""A program of the setup prints nothing if it succeeds, and everything if it fails."""

import os
import shutil
import subprocess
import sys

import pytest

from scripts.setup import paths
from scripts.setup.errors import SetupError
from scripts.setup.links import link
from scripts.setup.programs import own_environment, run


def test_failure_is_told_in_four_parts():
    with pytest.raises(SetupError) as caught:
        run(["sh", "-c", "echo no such host >&2; exit 3"], what="the jar could not be had", mend="check the network")

    told = str(caught.value)

    assert told.startswith("the jar could not be had\n  given: `sh -c")
    assert "ended with code 3\n    no such host" in told
    assert told.endswith("\n  expected: code 0\n  to fix: check the network")


def test_program_that_is_not_there_is_told_likewise():
    with pytest.raises(SetupError, match="no-such-program starts"):
        run(["no-such-program"], what="nothing ran", mend="install it")


def test_settings_of_another_project_do_not_reach_our_programs(monkeypatch):
    monkeypatch.setenv("SPARK_HOME", "/opt/another-spark")
    monkeypatch.setenv("VIRTUAL_ENV", "/home/me/another-project")

    assert {"SPARK_HOME", "VIRTUAL_ENV"}.isdisjoint(own_environment())
    assert "17" == own_environment(JAVA="17")["JAVA"]


# The encodings that Java reads file names with and Python prints with.
ENCODINGS = """
import subprocess
from scripts.setup import paths
from scripts.setup.launch import runtime_environment

environment = runtime_environment()
for command in (
    [paths.JAVA_HOME / "bin" / "java", "-XshowSettings:properties", "-version"],
    [paths.VENV_PYTHON, "-c", "import sys; print('sys.stdout.encoding =', sys.stdout.encoding)"],
):
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    for line in (finished.stdout + finished.stderr).splitlines():
        name, _, value = line.strip().partition(" = ")
        if name in ("sun.jnu.encoding", "sys.stdout.encoding"):
            print(value.lower())
"""


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"LC_ALL": "C"}, id="the locale of programs"),
        pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0"}, id="and Python told to go by it"),
        pytest.param({"LC_ALL": "en_US.ISO-8859-1"}, id="a locale of another encoding, or one that is not there"),
        pytest.param({"LC_ALL": "C.UTF-8"}, id="one of UTF-8"),
        pytest.param({}, id="none"),
    ],
)
def test_programs_agree_on_the_encoding_of_names(settings):
    others = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    command = [sys.executable, "-c", ENCODINGS]
    told = subprocess.run(
        command, cwd=paths.ROOT, env=others | settings, capture_output=True, text=True, check=True
    ).stdout

    assert ["utf-8", "utf-8"] == told.split()


def test_the_launcher_finds_its_own_where_python_does_not_look_beside_it(tmp_path):
    """It uses a stand-in for what the launcher starts, which would set up this checkout."""
    shutil.copy(paths.ROOT / "lake", tmp_path)
    (tmp_path / "scripts" / "setup").mkdir(parents=True)
    (tmp_path / "scripts" / "setup" / "launch.py").write_text("launch = print")
    # Isolated, and without this environment's packages: either path contains the checkout.
    command = [sys.executable, "-I", "-S", tmp_path / "lake", "--version"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "['--version']\n") == (finished.returncode, finished.stdout), finished.stderr


def test_link_is_moved_to_another_target(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        link(tmp_path / "links" / "java", tmp_path / name)

    assert tmp_path / "second" == (tmp_path / "links" / "java").readlink()
    assert ["java"] == [file.name for file in (tmp_path / "links").iterdir()]
