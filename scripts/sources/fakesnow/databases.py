"""Databases of the stand-in that outlive it: those that jobs write to, in a file each. The sources' are made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fakesnow.instance import FakeSnow


def keep_databases(snow: FakeSnow, folder: Path) -> None:
    """Open the databases that lie in a folder, and have those that are connected to for the first time made there."""
    folder.mkdir(parents=True, exist_ok=True)
    snow.db_path = folder
    for file in sorted(folder.glob("*.db")):
        snow.connect(file.stem)
