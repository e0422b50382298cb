"""Packs a folder so that the same content gives the same bytes, at any time and for any user."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# The earliest time that a zip can represent.
EPOCH = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o644


def pack(folder: Path, archive: Path) -> None:
    """Pack the folder's files in the order of their names, without their owner, time and mode on this machine.

    Args:
        folder: The folder to pack.
        archive: The file to write, `.zip` or `.tgz`.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    {".zip": _zip, ".tgz": _tar}[archive.suffix](folder, files, archive)


def _zip(folder: Path, files: list[Path], archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as packed:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
            entry.external_attr = FILE_MODE << 16
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _tar(folder: Path, files: list[Path], archive: Path) -> None:
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as packed,
    ):
        for path in files:
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size, entry.mode = path.stat().st_size, FILE_MODE
            with path.open("rb") as content:
                packed.addfile(entry, content)
