"""Brings in the jars that Spark is started with: once, and only those that `jars.lock` names by sum."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from scripts.setup import paths
from scripts.setup.errors import SetupError
from scripts.setup.programs import run

LOCK = Path(__file__).with_name("jars.lock")


@dataclass(frozen=True)
class Jar:
    """One line of the lock: a Maven coordinate and the SHA-256 of its file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where the jar lies once it has been brought in."""
        return paths.JARS / f"{self.artifact}-{self.version}.jar"


def locked_jars(lock: Path = LOCK) -> list[Jar]:
    """Read the lock: one `group:artifact:version sha256` a line, `#` begins a comment."""
    lines = [line.partition("#")[0].split() for line in lock.read_text(encoding="utf-8").splitlines()]
    jars = []
    for coordinate, sha256 in filter(None, lines):
        group, artifact, version = coordinate.split(":")
        jars.append(Jar(group, artifact, version, sha256))
    return jars


def jar_paths() -> list[Path]:
    """Return the jars to start Spark with, as `spark.jars`; nothing is resolved then."""
    return [jar.path for jar in locked_jars()]


def fetch_jars() -> str:
    """Bring in the jars that are missing or not what the lock says.

    Raises:
        SetupError: A jar could not be had, or its sum is not the lock's.
    """
    jars = locked_jars()
    for jar in jars:
        if _sum(jar.path) == jar.sha256:
            continue
        jar.path.unlink(missing_ok=True)
        _retrieve(jar)
        _check(jar)
    return f"{len(jars)} jars in {paths.JARS.relative_to(paths.ROOT)}"


def _retrieve(jar: Jar) -> None:
    # What a jar pulls in besides is Spark's own and lies beside it already, as on EMR: hence -notransitive.
    ivy = next(paths.VENV.glob("lib/python3.*/site-packages/pyspark/jars/ivy-*.jar"))
    resolve = ["-dependency", jar.group, jar.artifact, jar.version, "-notransitive", "-types", "jar"]
    retrieve: list[str | Path] = ["-cache", paths.IVY, "-retrieve", paths.JARS / "[artifact]-[revision].[ext]", "-warn"]
    run(
        [paths.JAVA_HOME / "bin" / "java", "-cp", ivy, "org.apache.ivy.Main", *resolve, *retrieve],
        what=f"the jar {jar.group}:{jar.artifact}:{jar.version} could not be had",
        mend="check the network and, behind a proxy, JAVA_TOOL_OPTIONS; then run the command again",
    )


def _check(jar: Jar) -> None:
    given = _sum(jar.path)
    if given != jar.sha256:
        # The next try must ask again, not get the same file from Ivy's cache.
        jar.path.unlink(missing_ok=True)
        shutil.rmtree(paths.IVY, ignore_errors=True)
        raise SetupError(
            f"the jar {jar.path.name} is not the one this lake was tested with",
            given=f"sha256 {given or 'of no file'}",
            expected=f"sha256 {jar.sha256}, as {LOCK.relative_to(paths.ROOT)} says",
            mend="see who serves your jars; if the version was meant to change, change the lock in the same commit",
        )


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""
