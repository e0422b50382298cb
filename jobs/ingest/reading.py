"""What a reader of a source system gives to the ingest flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pyspark.sql import DataFrame

from jobs.ingest.fetched import Fetched
from jobs.runtime.staging import stage
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from jobs.ingest.worker_rows import WorkerRows
    from shared.contracts import Source, Table
    from shared.errors import LakewrightError
    from shared.jobs import Job

SOURCE_POSITION = "_source_position"
RESCUED = "_rescued"
RAW = "_raw"
REASONS = "_reasons"


def source_of(table: Table) -> Source:
    """Where a table comes from, for those that work on tables that come from somewhere.

    Raises:
        ContractError: the contract names no source.
    """
    if table.source is None:
        raise ContractError(f"{table.file.name}:1: the table has no source")
    return table.source


def no_meaning(_: Exception) -> LakewrightError | None:
    """What a source says of an error that is none of its own."""
    return None


@dataclass(frozen=True)
class Reading:
    """What a source gave for one window.

    `rows` holds, or will hold once they are staged, the contract's business columns in their order and types, then
    `_source_position` (string), `_rescued` (string: JSON of columns the contract does not know, or null), `_raw`
    (string: the text of a row that could not be read as one, else null) and `_reasons` (array<string>: why not; empty
    for a good row).
    `position` is what the commit will say of how far the source was read; None lets the flow take the greatest cursor
    that was read. `scratch` is a place the reader filled to read the rows from; the flow removes it when the batch is
    over.
    `once` says that every row is new, because the position is exact; else windows may overlap, and rows are held
    against those that bronze knows.
    `meaning` gives the error of the house for one that an action on `rows` raised, None when it is not the source's.
    `released` says, of rows that are read again, which held ones leave the quarantine, by columns of it; None lets the
    flow take those that stood where a row was read.
    `fetched` says what the rows cost the source, once they are staged; None lets those say it who read them.
    """

    rows: DataFrame | WorkerRows
    position: dict[str, Any] | None = None
    scratch: str | None = None
    once: bool = False
    meaning: Callable[[Exception], LakewrightError | None] = no_meaning
    fetched: Callable[[], Fetched] | None = None
    released: DataFrame | None = None

    def stage(self, session: SparkSession, location: str) -> tuple[DataFrame, Fetched]:
        """Write the rows down once, and give them back as read from there; and what they cost the source."""
        if isinstance(self.rows, DataFrame):
            staged, fetched = stage(session, self.rows, location), Fetched()
        else:
            staged, fetched = self.rows.write(location)
        return staged, self.fetched() if self.fetched else fetched


class Reader(Protocol):
    """Reads one table's source from where it was left."""

    def __call__(self, spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading | None:
        """Read what is new.

        Args:
            spark: The session to build the frame in.
            table: The contract; `table.source` says where and how.
            job: The job run, for its environment and landing root, and for the window that a backfill asks for: a
                source with a cursor then gives the rows of that window, and the position does not matter.
            position: What the last commit said, None at first.

        Returns:
            The rows, or None when the source has nothing new and that is known without reading it.

        Raises:
            SourceUnavailableError: the source did not answer; another try may go well.
            SourceContentError: the source answered something the contract does not describe.
        """
