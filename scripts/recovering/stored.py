"""A Delta table in a copy whose files arrive in any order: what is there of it, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from jobs.runtime.delta_log import parse_commit
from jobs.runtime.position import flows_of
from scripts.looking.files import find_files, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.runtime.delta_log import Commit
    from jobs.runtime.position import FlowPosition
    from scripts.looking.files import FoundFile

LOG = "_delta_log/"
# The name of each file of a log begins with its version, in so many digits.
DIGITS = 20
# How many characters of an error of delta-rs are shown; for a log with a gap it names every file.
MOST_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The table at a location.

    Attributes:
        what: What it is, in words.
        location: Its place.
        options: What delta-rs needs to reach a bucket.
    """

    what: str
    location: str
    options: Mapping[str, str]

    @cached_property
    def files(self) -> list[FoundFile]:
        """Every file of the table, by path."""
        return find_files(self.location)

    @cached_property
    def log_files(self) -> list[tuple[int, FoundFile]]:
        """The files of its log that belong to one version, with that version."""
        names = {file: file.path.removeprefix(LOG)[:DIGITS] for file in self.files if file.path.startswith(LOG)}
        return [(int(name), file) for file, name in names.items() if len(name) == DIGITS and name.isdigit()]

    @property
    def newest(self) -> int:
        """The newest version that has a file in the log; -1 if there is none."""
        return max((version for version, _ in self.log_files), default=-1)

    def position(self, version: int) -> dict[str, FlowPosition] | None:
        """The positions of the table's flows at a version; None if the commit that has them is missing.

        A table without a batch has none: it is created by a commit of its own.
        """
        for at in range(version, -1, -1):
            commit = self._commit(at)
            if commit is None:
                return None
            if flows := flows_of(commit):
                return flows
        return {}

    def lack(self, version: int) -> str:
        """What is missing of a version, in words; empty if all of it is there."""
        try:
            table = DeltaTable(self.location, version=version, storage_options=dict(self.options))
        except (DeltaError, OSError) as error:
            return f"version {version} cannot be read: {str(error).splitlines()[0][:MOST_SHOWN]}"
        existing = {file.path.rpartition("/")[2] for file in self.files}
        wanted = [unquote(uri).rpartition("/")[2] for uri in table.file_uris()]
        gone = sum(name not in existing for name in wanted)
        return f"{gone} of the {len(wanted)} files of version {version} are not there" if gone else ""

    def table_id(self, version: int) -> str:
        """The id that tells the table from another one created at the same place, from a version that is there."""
        return str(DeltaTable(self.location, version=version, storage_options=dict(self.options)).metadata().id)

    def written_at(self, version: int) -> int | None:
        """When a version was committed, in milliseconds; None if its commit is missing."""
        commit = self._commit(version)
        return commit.moment if commit else None

    def _commit(self, version: int) -> Commit | None:
        if version not in self._commits:
            return None
        return parse_commit(version, read_text(self._commits[version]))

    @cached_property
    def _commits(self) -> dict[int, str]:
        return {
            version: file.location
            for version, file in self.log_files
            if file.path.endswith(f"{version:0{DIGITS}d}.json")
        }
