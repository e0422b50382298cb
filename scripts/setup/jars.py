"""Downloads the jars of Spark, the Kafka broker and S3A once, and accepts only those with the locks' checksums."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from scripts.setup import paths
from scripts.setup.errors import SetupError
from scripts.setup.programs import run

LOCK = Path(__file__).with_name("jars.lock")
BROKER_LOCK = Path(__file__).with_name("kafka_broker.lock")
S3A_LOCK = Path(__file__).with_name("s3a.lock")
AWS_ALONE = "aws"


@dataclass(frozen=True)
class Jar:
    """One line of a lock: a Maven coordinate, the SHA-256 of its file, and where it is used, if given."""

    group: str
    artifact: str
    version: str
    sha256: str
    use: str = ""
    classifier: str = ""

    @property
    def path(self) -> Path:
        """The jar's path once it has been downloaded."""
        return paths.JARS / ("-".join(filter(None, [self.artifact, self.version, self.classifier])) + ".jar")


def locked_jars(lock: Path = LOCK) -> list[Jar]:
    """Read a lock: one `group:artifact:version[:classifier] sha256 [use]` per line; `#` begins a comment."""
    lines = [line.partition("#")[0].split() for line in lock.read_text(encoding="utf-8").splitlines()]
    jars = []
    for coordinate, sha256, *use in filter(None, lines):
        group, artifact, version, *classifier = coordinate.split(":")
        jars.append(Jar(group, artifact, version, sha256, *use[:1] or [""], *classifier))
    return jars


def jar_paths() -> list[Path]:
    """Return the jars for Spark's class path; Spark then resolves nothing itself."""
    return [jar.path for jar in locked_jars() if jar.use != AWS_ALONE]


def broker_jars() -> list[Path]:
    """Return the class path of the Kafka broker."""
    return [jar.path for jar in locked_jars(BROKER_LOCK)]


def s3a_jars() -> list[Path]:
    """Download the jars that Spark needs here to reach a bucket, and return them; a lake in a folder needs none.

    Raises:
        SetupError: as in `fetch_jars`.
    """
    fetch_jars(S3A_LOCK)
    return [jar.path for jar in locked_jars(S3A_LOCK)]


def fetch_jars(*locks: Path) -> str:
    """Download the jars that are missing or have another checksum than their lock says; return a summary in words.

    The locks are those given, or else Spark's and the broker's.

    Raises:
        SetupError: A jar could not be downloaded, or its checksum is not the lock's.
    """
    jars = [jar for lock in locks or (LOCK, BROKER_LOCK) for jar in locked_jars(lock)]
    missing = [jar for jar in jars if _sum(jar.path) != jar.sha256]
    for jar in missing:
        jar.path.unlink(missing_ok=True)
    if missing:
        _retrieve(missing)
    for jar in missing:
        _check(jar)
    return f"{len(jars)} jars in {paths.JARS.relative_to(paths.ROOT)}"


def _retrieve(jars: list[Jar]) -> None:
    ivy = next(paths.VENV.glob("lib/python3.*/site-packages/pyspark/jars/ivy-*.jar"))
    wanted = paths.CACHE / "ivy.xml"
    wanted.write_text(_module(jars), encoding="utf-8")
    pattern = paths.JARS / "[artifact]-[revision](-[classifier]).[ext]"
    words: list[str | Path] = ["-ivy", wanted, "-cache", paths.IVY, "-retrieve", pattern, "-warn"]
    run(
        [paths.JAVA_HOME / "bin" / "java", "-cp", ivy, "org.apache.ivy.Main", *words],
        what=f"the jars {', '.join(jar.path.name for jar in jars)} could not be had",
        mend="check the network and, behind a proxy, JAVA_TOOL_OPTIONS; then run the command again",
    )


def _module(jars: Iterable[Jar]) -> str:
    """An Ivy module that depends on these jars; the locks are complete, so dependencies are not followed."""
    lines = []
    for jar in jars:
        name = f"org={quoteattr(jar.group)} name={quoteattr(jar.artifact)} rev={quoteattr(jar.version)}"
        classifier = f" m:classifier={quoteattr(jar.classifier)}" if jar.classifier else ""
        artifact = f"<artifact name={quoteattr(jar.artifact)} type='jar' ext='jar'{classifier}/>"
        # Without the conflict manager `all`, Ivy would keep only the newer of two versions of an artifact.
        lines.append(f"<dependency {name} transitive='false' conf='default->master'>{artifact}</dependency>")
    return (
        "<ivy-module version='2.0' xmlns:m='http://ant.apache.org/ivy/maven'>"
        "<info organisation='lakewright' module='jars'/><configurations><conf name='default'/></configurations>"
        f"<dependencies>{''.join(lines)}<conflict manager='all'/></dependencies></ivy-module>\n"
    )


def _check(jar: Jar) -> None:
    given = _sum(jar.path)
    if given != jar.sha256:
        # The next try must download it again, not get the same file from Ivy's cache.
        jar.path.unlink(missing_ok=True)
        shutil.rmtree(paths.IVY, ignore_errors=True)
        raise SetupError(
            f"the jar {jar.path.name} is not the one this lake was tested with",
            given=f"sha256 {given or 'of no file'}",
            expected=f"sha256 {jar.sha256}, as {LOCK.parent.relative_to(paths.ROOT)}/*.lock say",
            mend="see who serves your jars; if the version was meant to change, change the lock in the same commit",
        )


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""
