"""A table's Delta log, read commit by commit from its files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jobs.runtime.delta_log import CHANGE_FEED, Commit, parse_commit
from scripts.looking.files import find_files, read_text

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from scripts.looking.lake import Lake
    from shared.names import TableName


@dataclass(frozen=True)
class StoredLog:
    """The log at a location, with what the engine's change feed needs of an input; `table` is the table there."""

    location: str
    table: DeltaTable

    @property
    def version(self) -> int:
        """The newest version."""
        return self.table.version()

    @property
    def table_id(self) -> str:
        """The id that tells this table from another one created at the same place."""
        return str(self.table.metadata().id)

    @property
    def has_feed(self) -> bool:
        """Whether the table's commits write its change data feed."""
        return self.table.metadata().configuration.get(CHANGE_FEED) == "true"

    def commit(self, version: int) -> Commit | None:
        """One commit, or None if the log no longer has it."""
        name = f"{version:020d}.json"
        if name not in self._files:
            return None
        return parse_commit(version, read_text(f"{self._folder}/{name}"))

    @property
    def _folder(self) -> str:
        return f"{self.location}/_delta_log"

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(file.path for file in find_files(self._folder))


def log_of(lake: Lake, name: TableName) -> StoredLog | None:
    """The log of a table of the lake; None while the table does not exist."""
    found = lake.table(name)
    return StoredLog(lake.location(name), found) if found else None
