"""Runs the programs that the setup needs, and shows their output only if they fail."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.setup import paths
from scripts.setup.errors import SetupError

LINES_SHOWN = 15
# Most of these would point a program to another project's environment. PYTHONDONTWRITEBYTECODE would make every Python
# process take three times as long to start, and one read of a source starts three.
FOREIGN_VARIABLES = (
    "VIRTUAL_ENV",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "SPARK_HOME",
    "SPARK_CONF_DIR",
    "UV_PROJECT_ENVIRONMENT",
)


def own_environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without other projects' settings, and with the given ones."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
    return {**kept, **settings}


def run(
    command: Sequence[str | Path], *, what: str, mend: str, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program at the root of the checkout, and return the finished process with its output.

    Args:
        command: The program and its arguments.
        what: The error's text if it fails.
        mend: The error's advice if it fails.
        settings: Environment variables to add.

    Raises:
        SetupError: The program ended with another code than 0, or could not be started.
    """
    words = [str(word) for word in command]
    try:
        finished = subprocess.run(
            words,
            cwd=paths.ROOT,
            env=own_environment(**(settings or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise SetupError(what, given=str(error), expected=f"{words[0]} starts", mend=mend) from error
    if finished.returncode:
        said = (finished.stdout + finished.stderr).strip().splitlines()[-LINES_SHOWN:]
        given = f"`{' '.join(words)}` ended with code {finished.returncode}" + "".join(f"\n    {line}" for line in said)
        raise SetupError(what, given=given, expected="code 0", mend=mend)
    return finished
