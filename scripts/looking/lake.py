"""A lake as it lies in its place: a folder, or a prefix of a bucket."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deltalake import DeltaTable

from scripts.looking.errors import WrongRequestError
from scripts.looking.files import has_files
from shared.names import RUNS_FOLDER, Layer, TableName, quarantine_location, table_location

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Lake:
    """The lake at `root`; `options` are what delta-rs needs to reach a bucket."""

    root: str
    options: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: TableName, version: int | None = None) -> DeltaTable | None:
        """A table as of a version, or as it is now; None while it does not exist."""
        return self._open(table_location(self.root, name), version)

    def quarantine(self, name: TableName) -> DeltaTable | None:
        """The quarantine of a table; None when no row was ever refused."""
        return self._open(quarantine_location(self.root, name), None)

    def _open(self, location: str, version: int | None) -> DeltaTable | None:
        options = dict(self.options)
        if not DeltaTable.is_deltatable(location, options):
            return None
        return DeltaTable(location, version=version, storage_options=options)


def open_lake(root: str) -> Lake:
    """The lake at a place.

    Args:
        root: A folder, or `s3://<bucket>[/<prefix>]`; a bucket is reached with the `AWS_...` variables.

    Raises:
        WrongRequestError: there is no lake at that place.
    """
    is_bucket = "://" in root
    place = root.rstrip("/") if is_bucket else str(Path(root).resolve())
    options = {k: v for k, v in os.environ.items() if k.startswith("AWS_")} if is_bucket else {}
    if not any(has_files(f"{place}/{folder}") for folder in (RUNS_FOLDER, *Layer)):
        raise WrongRequestError(f"there is no lake at {root}", mend="make one with ./lake demo, or give --root")
    return Lake(place, options)


def by_layer(name: TableName) -> tuple[int, str]:
    """Sorts tables by layer, then by name."""
    return list(Layer).index(name.layer), name.table
