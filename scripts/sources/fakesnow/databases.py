"""The stand-in's databases that outlive it, one file each. The tables of the sources in them are recreated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fakesnow.instance import FakeSnow


def keep_databases(snow: FakeSnow, folder: Path) -> None:
    """Open the databases in a folder, and make fakesnow create new databases there."""
    folder.mkdir(parents=True, exist_ok=True)
    snow.db_path = folder
    for file in sorted(folder.glob("*.db")):
        snow.connect(file.stem)
