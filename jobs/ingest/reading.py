"""The interface between the ingest flow and the readers of source systems: Reader and Reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pyspark.sql import DataFrame

from jobs.ingest.read_cost import ReadCost
from jobs.runtime.staging import stage
from shared.contracts.source_model import FILES, KAFKA
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from jobs.ingest.worker_rows import WorkerRows
    from shared.contracts import Source, Table
    from shared.errors import LakewrightError
    from shared.jobs import Job

RAW = "_raw"
REASONS = "_reasons"


def source_of(table: Table) -> Source:
    """The source of a table that must have one.

    Raises:
        ContractError: the contract names no source.
    """
    if table.source is None:
        raise ContractError(f"{table.file.name}:1: the table has no source")
    return table.source


def nothing_yet(source: Source) -> str:
    """Why the first read of a source found nothing, which a mistyped name does too; empty for one that gives rows."""
    return {
        FILES: f"no file matches {source.location} yet",
        KAFKA: f"topic {source.object} holds no records yet",
    }.get(source.type, "")


def no_translation(_: Exception) -> LakewrightError | None:
    """For a source whose errors need no translation of their own."""
    return None


@dataclass(frozen=True)
class Reading:
    """What a reader got from a source for one window.

    Attributes:
        rows: The contract's business columns in their order and types, then `_source_position` (string), `_rescued`
            (string: JSON of columns the contract does not know, or null), `_raw` (string: the text of a malformed row,
            else null) and `_reasons` (array<string>: why it is malformed; empty for a good row). WorkerRows are not
            read until they are staged.
        position: The position to commit; None lets the flow take the greatest cursor that was read.
        scratch: A place the reader filled to read the rows from; the flow removes it when the batch is over.
        is_exact: Whether the position is exact, so that every row is new; else windows may overlap, and the flow drops
            the rows that bronze knows.
        remaining: How many batches more it takes to read what the source holds now.
        translate: Gives the LakewrightError for an exception that an action on `rows` raised; None when the exception
            is not the source's.
        cost: Gives what the rows cost the source, once they are staged; None takes the count of the workers.
        released: For a replay, which rows leave the quarantine, by columns of it; None lets the flow release those at
            the positions that were read again.
    """

    rows: DataFrame | WorkerRows
    position: dict[str, Any] | None = None
    scratch: str | None = None
    is_exact: bool = False
    remaining: int = 0
    translate: Callable[[Exception], LakewrightError | None] = no_translation
    cost: Callable[[], ReadCost] | None = None
    released: DataFrame | None = None

    def stage(self, session: SparkSession, location: str) -> tuple[DataFrame, ReadCost]:
        """Write the rows to a place, and return them as read back from it, with what they cost the source."""
        if isinstance(self.rows, DataFrame):
            staged, cost = stage(session, self.rows, location), ReadCost()
        else:
            staged, cost = self.rows.write(location)
        return staged, self.cost() if self.cost else cost


class Reader(Protocol):
    """Reads one table's source from its position on."""

    def __call__(self, spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading | None:
        """Read what is new.

        Args:
            spark: The session to build the frame in.
            table: The contract; `table.source` says where and how.
            job: The job run, for its environment and landing root, and for a backfill's window: a source with a
                cursor then gives the rows of that window, whatever the position.
            position: The last commit's position, None at first.

        Returns:
            The rows; None when it is known without reading that the source has nothing new.

        Raises:
            SourceUnavailableError: the source did not answer; a retry may succeed.
            SourceContentError: the source answered something the contract does not describe.
        """
