"""Finds uv, or installs it with pip: the tool that creates both Python environments from their locks."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.setup import paths
from scripts.setup.links import link
from scripts.setup.programs import run

PINNED = "0.13.9"


def ensure_uv() -> str:
    """Link `paths.UV` to a uv that can read our locks, and return where it is."""
    found = shutil.which("uv")
    if found and parse_version(_version_said_by(found)) >= parse_version(PINNED):
        link(paths.UV, Path(found).absolute())
        return found
    own = paths.UV_VENV / "bin" / "uv"
    if parse_version(_version_said_by(str(own))) < parse_version(PINNED):
        _install()
    link(paths.UV, own)
    return f"uv {PINNED} in {paths.UV_VENV.relative_to(paths.ROOT)}"


def parse_version(text: str) -> tuple[int, ...]:
    """Return the first three-part version in a text; the empty tuple, which is less than any, if there is none."""
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else ()


def _version_said_by(program: str) -> str:
    try:
        return subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def _install() -> None:
    mend = "install Python's venv module (on Debian and Ubuntu: apt-get install python3-venv), or put uv on the PATH"
    run([sys.executable, "-m", "venv", "--clear", paths.UV_VENV], what="no environment for uv could be made", mend=mend)
    run(
        [paths.UV_VENV / "bin" / "python", "-m", "pip", "install", "--quiet", f"uv=={PINNED}"],
        what=f"uv {PINNED} could not be installed",
        mend="check the network and pip's settings for your package index, then run the command again",
    )
