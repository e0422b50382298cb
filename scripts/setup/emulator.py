"""Downloads what runs another architecture's Python here: an emulator, and that Python with its C library.

Debian's packages are unpacked below the cache and not installed, so it needs no root and leaves the system unchanged.
They come from the package sources of this machine; their package lists are kept in the cache, too.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from scripts.setup import paths
from scripts.setup.errors import SetupError
from scripts.setup.programs import run
from shared.release import PYTHON

MACHINE = "aarch64"
# Debian's names of architectures.
ARCHITECTURES = {"aarch64": "arm64", "x86_64": "amd64"}
EMULATOR = f"usr/bin/qemu-{MACHINE}-static"
PACKAGES = (f"python{PYTHON}-minimal", f"libpython{PYTHON}-stdlib", "libstdc++6")
MEND = "run this on Debian 12, or where its package sources are set, with a network"
APT_SETTINGS = """\
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
APT::Architecture "{foreign}";
APT::Architectures {{ "{foreign}"; "{own}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
"""


def emulated_python() -> list[str | Path]:
    """The command that starts the other architecture's Python here; the first call downloads what it needs.

    Raises:
        SetupError: this machine cannot get Debian's packages.
    """
    root = paths.EMULATED / f"python{PYTHON}"
    if not root.exists():
        _bring_in(root)
    return [root / EMULATOR, "-L", root, root / "usr" / "bin" / f"python{PYTHON}"]


def _bring_in(root: Path) -> None:
    machine = os.uname().machine
    missing = [program for program in ("apt-get", "dpkg-deb") if not shutil.which(program)]
    if missing or machine not in ARCHITECTURES:
        given = f"no {' and no '.join(missing)}" if missing else machine
        raise SetupError("no emulator could be brought in", given=given, expected="Debian on x86-64 or ARM", mend=MEND)
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent) as scratch:
        unpacked = Path(scratch, "root")
        for package in _downloaded(Path(scratch), machine):
            _unpack(package, unpacked)
        # Renamed only when it is complete, so that an interrupted call leaves nothing half done.
        unpacked.rename(root)


def _downloaded(folder: Path, machine: str) -> list[Path]:
    """Download the packages with all dependencies, and return their files."""
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    own, foreign = ARCHITECTURES[machine], ARCHITECTURES[MACHINE]
    settings = folder / "apt.conf"
    settings.write_text(APT_SETTINGS.format(folder=folder, own=own, foreign=foreign), encoding="utf-8")
    apt = {"APT_CONFIG": str(settings)}
    what = f"Python {PYTHON} of {foreign}, or its emulator, could not be had"
    run(["apt-get", "update"], what=what, mend=MEND, settings=apt)
    wanted = (*PACKAGES, f"qemu-user-static:{own}")
    run(["apt-get", "install", "--yes", "--download-only", *wanted], what=what, mend=MEND, settings=apt)
    return sorted((folder / "cache" / "archives").glob("*.deb"))


def _unpack(package: Path, root: Path) -> None:
    """Unpack a package; from the emulator's, which has a program per architecture, take only the one that is needed."""
    what = f"the package {package.name} could not be unpacked"
    if not package.name.startswith("qemu-user-static"):
        run(["dpkg-deb", "--extract", package, root], what=what, mend=MEND)
        return
    whole = package.with_suffix("")
    run(["dpkg-deb", "--extract", package, whole], what=what, mend=MEND)
    (root / EMULATOR).parent.mkdir(parents=True, exist_ok=True)
    (whole / EMULATOR).rename(root / EMULATOR)
