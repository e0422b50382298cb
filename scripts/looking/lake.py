"""A lake in a folder, or under a prefix of a bucket, opened for reading."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from scripts.looking.errors import WrongRequestError
from scripts.looking.files import find_folders, has_files
from shared.errors import TerminalError
from shared.names import (
    PII_FOLDER,
    RUNS_FOLDER,
    Layer,
    Roots,
    TableName,
    Variable,
    pii_folder,
    quarantine_location,
    table_location,
)
from shared.personal_data import closed_columns
from shared.vault import vault_location

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts import Catalog

# delta-rs cannot open places with these characters, and unescapes what looks like a percent escape.
UNSUPPORTED = re.compile(r"[\[\]*?\\\x00-\x1f\x7f]|%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Lake:
    """A lake that can be looked at.

    Attributes:
        root: The folder, or `s3://<bucket>[/<prefix>]`.
        options: What delta-rs needs to reach a bucket.
        pii_root: The place of personal data.
        closed: The tables that are stored there, each with its columns whose values are not shown.
    """

    root: str
    options: Mapping[str, str] = field(default_factory=dict)
    pii_root: str = ""
    closed: Mapping[TableName, tuple[str, ...]] = field(default_factory=dict)

    def table(self, name: TableName, version: int | None = None) -> DeltaTable | None:
        """A table as of a version, or as it is now; None while it does not exist.

        Raises:
            TerminalError: its log cannot be read, or no longer has that version.
        """
        return self._open(self.location(name), version)

    def elsewhere(self, name: TableName) -> DeltaTable | None:
        """A table in the other of its two possible places; None if it is not there.

        A table with personal data has the other tables' place as its other one, and vice versa.
        """
        root = Roots(self.root, self.pii_root).of(is_personal=name not in self.closed)
        return self._open(table_location(root, name), None)

    def names(self) -> list[TableName]:
        """Every folder that is named like a table, in either place of this lake, with a contract or without."""
        found = {
            TableName(layer, folder)
            for root in (self.root, self.pii_root)
            for layer in Layer
            for folder in find_folders(f"{root}/{layer}")
            if folder.isidentifier()
        }
        return sorted(found)

    def quarantine(self, name: TableName) -> DeltaTable | None:
        """The quarantine of a table; None if no row was ever refused."""
        return self._open(quarantine_location(self._root_of(name), name), None)

    def vault(self, name: TableName) -> DeltaTable | None:
        """The vault of a table, with what its tokens stand for; None while no run has written one."""
        return self._open(vault_location(self.pii_root, name), None)

    def masked(self, name: TableName) -> tuple[str, ...]:
        """The columns of a table whose values are personal and therefore not shown."""
        return self.closed.get(name, ())

    def masked_in_quarantine(self, name: TableName) -> tuple[str, ...]:
        """The columns of a table's quarantine that are not shown: they contain the row as the source sent it."""
        return ("row", "row_key") if name in self.closed else ()

    def location(self, name: TableName) -> str:
        """The place of a table."""
        return table_location(self._root_of(name), name)

    def _root_of(self, name: TableName) -> str:
        return Roots(self.root, self.pii_root).of(is_personal=name in self.closed)

    def _open(self, location: str, version: int | None) -> DeltaTable | None:
        try:
            return DeltaTable(location, version=version, storage_options=dict(self.options))
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            raise TerminalError(f"{location} cannot be read", given=str(error).splitlines()[0]) from error


def open_lake(root: str, catalog: Catalog | None = None) -> Lake:
    """Open the lake at a place.

    Args:
        root: A folder, or `s3://<bucket>[/<prefix>]`; a bucket is reached with the `AWS_...` variables, and the bucket
            of personal data is the one that `LAKEWRIGHT_PII_ROOT` names.
        catalog: The contracts. Without them those of this repository, whose files are read without compiling them.

    Raises:
        WrongRequestError: there is no lake at that place, or it cannot be opened there.
    """
    is_bucket = "://" in root
    place = root.rstrip("/") if is_bucket else str(Path(root).resolve())
    options = {k: v for k, v in os.environ.items() if k.startswith("AWS_")} if is_bucket else {}
    refuse_unsupported(place)
    if not any(has_files(f"{place}/{folder}") for folder in (RUNS_FOLDER, PII_FOLDER, *Layer)):
        raise WrongRequestError(
            f"there is no lake at {root}",
            mend="make one with ./lake run daily_batch, or ./lake demo for the samples, or give --root",
        )
    pii_root = os.environ.get(Variable.PII_ROOT, "") if is_bucket else ""
    closed = closed_columns() if catalog is None else _closed(catalog)
    return Lake(place, options, pii_root.rstrip("/") or pii_folder(place), closed)


def refuse_unsupported(place: str) -> None:
    """Refuse a place whose name has characters that delta-rs cannot open.

    Raises:
        WrongRequestError: it has some.
    """
    if UNSUPPORTED.search(place):
        raise WrongRequestError(
            r"a lake cannot be looked at where a folder's name has one of []*?\, a control character, or % before two "
            "digits of 0 to F",
            given=repr(place),
        )


def _closed(catalog: Catalog) -> dict[TableName, tuple[str, ...]]:
    return {table.name: table.closed_columns for table in catalog.tables.values() if table.is_personal}


def by_layer(name: TableName) -> tuple[int, str]:
    """The sort key that orders tables by layer, then by name."""
    return list(Layer).index(name.layer), name.table
