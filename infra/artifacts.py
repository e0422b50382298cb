"""The files that jobs and Lambdas run from, each named by a content hash before it is built.

An artifact's hash covers its sources, the lock and the target platform. A template can therefore name the
file without building it: synthesis stays quick and offline, and `cdk deploy` builds only what is not in the bucket
yet.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.release import PYTHON

ROOT = Path(__file__).resolve().parents[1]
# All assets of the stack lie under one prefix, so that one statement lets a role read them: a run that is under way
# when the next deploy comes, or is redriven days later, still needs the files it was started with.
ASSET_PREFIX = "lakewright/"
LOCK = "uv.lock"
RECIPE = ("infra/artifacts.py", "scripts/packaging/*.py")
# The use that the lock gives for a jar that is in EMR's image, and so is not uploaded.
OF_THE_IMAGE = "image"
SOURCE_SUFFIXES = frozenset({".json", ".py", ".sql", ".yaml"})


@dataclass(frozen=True, kw_only=True)
class Target:
    """The interpreter and machine that third-party packages are chosen for.

    Both EMR's and Lambda's Python images are Amazon Linux 2023, whose glibc, 2.`glibc`, is newer than the platform
    tag requires; Graviton is cheaper than x86 in both services.
    """

    python: str
    platform: str = "aarch64-manylinux_2_28"
    glibc: int = 34


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One file to build: first-party sources by glob pattern, and a dependency group of the lock for a target.

    `packages_folder` is the folder of third-party packages in the file; first-party sources keep their paths.
    """

    name: str
    extension: str
    sources: tuple[str, ...] = ()
    group: str | None = None
    target: Target | None = None
    packages_folder: str = "."

    def files(self, root: Path = ROOT) -> list[Path]:
        """The first-party files, relative to the root, in a fixed order."""
        return source_files(root, self.sources)

    def key(self, root: Path = ROOT) -> str:
        """The content-hashed file name, `<64 hex digits>.<extension>`."""
        digest = hashlib.sha256(repr(self).encode())
        for path in [*source_files(root, RECIPE), *self.files(root), *([Path(LOCK)] if self.group else [])]:
            content = (root / path).read_bytes()
            digest.update(f"\0{path.as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
        return f"{digest.hexdigest()}{self.extension}"

    def build_command(self) -> list[str]:
        """The command that builds the file if it is missing, and prints its path."""
        return [sys.executable, "-m", "scripts.packaging", self.name]


@dataclass(frozen=True, kw_only=True)
class JarArtifact:
    """A jar that is uploaded to AWS as it is; its key is its checksum in the lock."""

    name: str
    sha256: str
    extension: str = ".jar"

    def key(self, root: Path = ROOT) -> str:  # noqa: ARG002 - the signature of the other artifacts
        """The content-hashed file name, `<64 hex digits>.jar`."""
        return f"{self.sha256}{self.extension}"

    def build_command(self) -> list[str]:
        """The command that downloads the jar if it is missing, and prints its path."""
        return [sys.executable, "-m", "scripts.packaging", self.name]


def carried_jars(lock: Path = ROOT / "scripts" / "setup" / "jars.lock") -> tuple[JarArtifact, ...]:
    """The jars of the lock that the image of the EMR release does not have."""
    lines = [line.partition("#")[0].split() for line in lock.read_text(encoding="utf-8").splitlines()]
    return tuple(
        JarArtifact(name="-".join(coordinate.split(":")[1:]) + ".jar", sha256=sha256)
        for coordinate, sha256, use in filter(None, lines)
        if use != OF_THE_IMAGE
    )


def source_files(root: Path, patterns: tuple[str, ...]) -> list[Path]:
    """The sources that glob patterns find, relative to the root, in a fixed order."""
    found = {path for pattern in patterns for path in root.glob(pattern) if path.suffix in SOURCE_SUFFIXES}
    return sorted(path.relative_to(root) for path in found if "__pycache__" not in path.parts)


JOBS = Artifact(name="jobs", extension=".zip", sources=("jobs/**/*", "shared/**/*"))
ENVIRONMENT = Artifact(
    name="environment",
    extension=".tgz",
    group="jobs",
    target=Target(python=PYTHON),
    packages_folder=f"lib/python{PYTHON}/site-packages",
)
# Contracts are left out, so that a change of a table does not touch the functions.
LAMBDAS = Artifact(
    name="lambdas",
    extension=".zip",
    sources=("lambdas/**/*", "shared/*.py", "shared/governance/*.py"),
    group="lambdas",
    target=Target(python="3.13"),
)
JARS = carried_jars()
_ALL: tuple[Artifact | JarArtifact, ...] = (JOBS, ENVIRONMENT, LAMBDAS, *JARS)
ARTIFACTS = {artifact.name: artifact for artifact in _ALL}
