"""Checks whether unpacked packages can run on a target, by their wheels' tags and their binaries' requirements.

Sources: PEP 425 (tags), PEP 600 (`manylinux_<glibc>`), the ELF specification (machine), and the symbol versions of the
C library that a binary names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scripts.setup.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.artifacts import Target

# e_machine of an ELF header.
MACHINES = {"aarch64": 183, "x86_64": 62}
ELF, MACHINE_AT = b"\x7fELF", 18
GLIBC = re.compile(rb"GLIBC_2\.(\d+)\b")
TAG = re.compile(r"^Tag: (?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platform>\S+)", re.MULTILINE)
PLATFORM = re.compile(
    r"(?:manylinux_2_(?P<glibc>\d+)|(?P<old>manylinux1|manylinux2010|manylinux2014))_(?P<machine>\w+)"
)
OLD_GLIBC = {"manylinux1": 5, "manylinux2010": 12, "manylinux2014": 17}


def require_runnable(folder: Path, target: Target) -> None:
    """Refuse packages that the target's Python, machine or C library cannot run.

    Raises:
        SetupError: a package does not fit; the text names the first such file and why.
    """
    for place, found, expected in _misfits(folder, target):
        raise SetupError(
            f"a package does not run on {target.platform} with Python {target.python}: {place}",
            given=found,
            expected=expected,
            mend="choose a version of it that has a wheel for the target, and lock it",
        )


def _misfits(folder: Path, target: Target) -> Iterator[tuple[str, str, str]]:
    machine = target.platform.partition("-")[0]
    for wheel in sorted(folder.rglob("*.dist-info/WHEEL")):
        tags = [match.groups() for match in TAG.finditer(wheel.read_text(encoding="utf-8"))]
        if not any(_fits(*tag, target) for tag in tags):
            given = ", ".join("-".join(tag) for tag in tags) or "no tag"
            yield wheel.parent.name, given, f"a tag for Python {target.python}, {machine} and glibc 2.{target.glibc}"
    for library in sorted(path for path in folder.rglob("*.so*") if path.is_file()):
        content = library.read_bytes()
        if not content.startswith(ELF):
            continue
        found = int.from_bytes(content[MACHINE_AT : MACHINE_AT + 2], "little")
        if found != MACHINES[machine]:
            yield library.name, f"ELF machine {found}", f"{MACHINES[machine]}, which is {machine}"
        wanted = max((int(minor) for minor in GLIBC.findall(content)), default=0)
        if wanted > target.glibc:
            yield library.name, f"glibc 2.{wanted}", f"at most 2.{target.glibc}, which is the image's"


def _fits(python: str, abi: str, platform: str, target: Target) -> bool:
    version = target.python.replace(".", "")
    own = python == f"cp{version}" and abi in {f"cp{version}", "abi3", "none"}
    stable = abi == "abi3" and python.startswith("cp3") and int(python[3:]) <= int(version[1:])
    pure = abi == "none" and any(tag in {"py3", f"py{version}", f"py{version[0]}"} for tag in python.split("."))
    return (own or stable or pure) and (platform == "any" or _runs_on(platform, target))


def _runs_on(platform: str, target: Target) -> bool:
    """Whether one of the dot-separated platforms is the target's machine with the same or an older C library."""
    machine = target.platform.partition("-")[0]
    for name in platform.split("."):
        match = PLATFORM.fullmatch(name)
        if match and match["machine"] == machine:
            needed = OLD_GLIBC[match["old"]] if match["old"] else int(match["glibc"])
            if needed <= target.glibc:
                return True
    return False
