"""Builds an artifact into `dist/`, unless one with the same content is there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from infra.artifacts import Artifact, JarArtifact
from scripts.packaging.archives import pack
from scripts.packaging.packages import install_group
from scripts.setup import paths
from scripts.setup.jars import fetch_jars

DIST = paths.ROOT / "dist"


def build(artifact: Artifact | JarArtifact, dist: Path = DIST) -> Path:
    """Build the artifact unless it exists, and return its path; a jar is downloaded instead.

    The file gets its name only when it is complete, so that an interrupted build leaves nothing half done.
    """
    if isinstance(artifact, JarArtifact):
        fetch_jars()
        return paths.JARS / artifact.name
    built = dist / f"{artifact.name}-{artifact.key()}"
    if not built.exists():
        dist.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=dist) as scratch:
            content = Path(scratch, "content")
            content.mkdir()
            _collect(artifact, content)
            packed = Path(scratch, f"packed{artifact.extension}")
            pack(content, packed)
            packed.rename(built)
    return built


def _collect(artifact: Artifact, content: Path) -> None:
    if artifact.group and artifact.target:
        install_group(artifact.group, artifact.target, content / artifact.packages_folder)
    for path in artifact.files():
        (content / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(paths.ROOT / path, content / path)
