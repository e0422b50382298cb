"""Creates the Python environments from their committed locks: ours, and that of the process that plays Snowflake."""

import subprocess
import sys
from pathlib import Path

from scripts.setup import paths
from scripts.setup.programs import own_environment, run

# The Python version of the EMR release, so that a job that runs here also runs there.
PREFERRED = "3.11"
TOO_NEW = (3, 14)


def sync_project() -> str:
    """Install exactly what `uv.lock` says into `.venv`."""
    return _sync(paths.ROOT, paths.VENV)


def sync_fakesnow() -> str:
    """Install exactly what fakesnow's own lock says into its environment."""
    return _sync(paths.FAKESNOW_PROJECT, paths.FAKESNOW_VENV)


def _sync(project: Path, environment: Path) -> str:
    python = _interpreter()
    run(
        [paths.UV, "sync", "--frozen", "--quiet", "--project", project, "--python", python],
        what=f"the environment {environment.relative_to(paths.ROOT)} could not be made",
        mend="check the network and uv's settings for your package index, then run the command again",
        settings={"UV_PROJECT_ENVIRONMENT": str(environment)},
    )
    return f"Python {python} in {environment.relative_to(paths.ROOT)}"


def _interpreter() -> str:
    """Return the preferred version if this machine has it or the running one is too new, else the running one."""
    search = [str(paths.UV), "python", "find", "--no-python-downloads", "--no-project", PREFERRED]
    found = subprocess.run(search, env=own_environment(), capture_output=True, check=False)
    return PREFERRED if found.returncode == 0 or sys.version_info >= TOO_NEW else sys.executable
