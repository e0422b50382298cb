"""Reads files that others put into the landing zone: each new, changed or late one, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobs.ingest.cursor_position import MODIFIED_UPTO
from jobs.ingest.files.source import file_rows
from jobs.ingest.landing import LandedFile, list_files
from jobs.ingest.read_cost import ReadCost
from jobs.ingest.reading import Reading
from shared.contracts import Disposition
from shared.errors import ContractError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.jobs import Job


@dataclass(frozen=True)
class FilesRead:
    """Which files a table has read, by their tokens.

    Without a lag in the contract every file is remembered. With one, only those within the lag before the newest are;
    an older file counts as read.
    """

    tokens: dict[str, str]
    modified_upto: datetime | None
    lag: timedelta

    @classmethod
    def from_position(cls, position: dict[str, Any] | None, lag_seconds: int) -> FilesRead:
        """The files in the last commit's position."""
        known = position or {}
        upto = known.get(MODIFIED_UPTO)
        moment = datetime.fromisoformat(upto) if upto else None
        return cls(known.get("files", {}), moment, timedelta(seconds=lag_seconds))

    def fresh(self, files: list[LandedFile]) -> list[LandedFile]:
        """The files to read now."""
        return [f for f in files if self.tokens.get(f.key) != f.token and (f.key in self.tokens or self._recent(f))]

    def is_newest(self, file: LandedFile) -> bool:
        """Whether no file is known that is newer than the newest of those that are there; it may have gone."""
        return file.key in self.tokens or self.modified_upto is None or file.modified >= self.modified_upto

    def position(self, files: list[LandedFile]) -> dict[str, Any]:
        """The position to commit once every listed file is read."""
        upto = max([f.modified for f in files] + ([self.modified_upto] if self.modified_upto else []))
        read = FilesRead({}, upto, self.lag)
        tokens = {f.key: f.token for f in files if read._recent(f)}
        if not self.lag:
            tokens = self.tokens | tokens
        return {"files": tokens, MODIFIED_UPTO: upto.isoformat()}

    def _recent(self, file: LandedFile) -> bool:
        if not self.lag or self.modified_upto is None:
            return True
        return file.modified >= self.modified_upto - self.lag


def read_files(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading | None:
    """Read the files that are new since the position; None when there are none.

    A table that is a snapshot reads the newest file alone, since each file is the whole of it, and no other: one that
    turns up late would put what is older in the place of what is there.

    Raises:
        ContractError: the contract has no location.
        SourceUnavailableError: S3 did not answer.
        TerminalError: S3 refused.
    """
    source = table.source
    if source is None or source.location is None:
        raise ContractError(f"{table.file.name}:1: the table has no location")
    files = list_files(source.location, job.landing_root)
    known = FilesRead.from_position(position, source.lag_seconds)
    wanted = known.fresh(files)
    if table.disposition is Disposition.SNAPSHOT:
        wanted = [file for file in files[-1:] if file in wanted and known.is_newest(file)]
    if not wanted:
        return None
    cost = ReadCost(requests=len(wanted), bytes=sum(file.bytes for file in wanted))
    return Reading(file_rows(spark, table, source, wanted), known.position(files), cost=lambda: cost)
