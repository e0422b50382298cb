"""A bronze table as of its last batch, which a reconciliation reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.ingest.readers import FIGURES_READERS
from jobs.ingest.reading import source_of
from jobs.reconcile.settled import settled_span
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import read_position
from jobs.runtime.tables import read_newest, read_version
from shared.names import quarantine_location
from shared.places import location_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.ingest.source_figures import CursorSpan, FiguresReader
    from shared.contracts import Source, Table
    from shared.jobs import Job


@dataclass(frozen=True, kw_only=True)
class Landed:
    """A bronze table at a version.

    Attributes:
        job: The job run.
        table: The contract.
        source: The table's source.
        figures_reader: Asks the source for figures; None for a type of source that cannot compute any.
        version: The Delta version that is read.
        sequence: The number of the newest batch whose rows are there.
        committed_at: When that batch was committed; None if the log no longer has its commit.
        span: The settled part of the source; None if no value of the cursor has been read.
        cursor_type: The type of the cursor's values.
    """

    job: Job
    table: Table
    source: Source
    figures_reader: FiguresReader | None
    version: int
    sequence: int
    committed_at: datetime | None
    span: CursorSpan | None
    cursor_type: str

    @property
    def root(self) -> str:
        """The root below which the table and its quarantine lie."""
        return self.job.roots.of(is_personal=self.table.is_personal)

    @property
    def start(self) -> str | None:
        """The value of the cursor from which rows are compared; None compares all."""
        return self.span.start if self.span else None

    @property
    def location(self) -> str:
        """The table's location."""
        return location_of(self.job.roots, self.table)

    @property
    def landed_since(self) -> datetime | None:
        """The time since when compared rows landed, if no cursor shows how old they are; None compares all."""
        window = self.source.reconciling.window_seconds
        if self.start or window is None or self.committed_at is None:
            return None
        return self.committed_at - timedelta(seconds=window)

    def rows(self, session: SparkSession) -> DataFrame:
        """Read all rows as of `version`."""
        return read_version(session, self.location, self.version)

    def rows_now(self, session: SparkSession) -> DataFrame:
        """Read all rows as of now."""
        return read_newest(session, self.location)

    def refused_rows(self, session: SparkSession) -> DataFrame | None:
        """Read the rows in the table's quarantine, each once, whenever they came; None if there is no quarantine."""
        location = quarantine_location(self.root, self.table.name)
        if not DeltaLog(session, location).exists:
            return None
        return read_newest(session, location).select("source_position", "row").distinct()

    def is_since_start(self, moment: Column) -> Column:
        """Whether a value of the cursor is at or after the start; only if there is a start."""
        return moment.try_cast(self.cursor_type) >= F.lit(self.start).cast(self.cursor_type)


def read_landed(session: SparkSession, job: Job, table: Table) -> Landed | None:
    """Read the table's newest version from its log; None if nothing has been read of its source yet.

    Raises:
        PositionLostError: the table's commits do not say how far its source was read.
    """
    source = source_of(table)
    location = location_of(job.roots, table)
    position = read_position(session, location)
    flow = position.flows.get(str(table.name))
    if flow is None:
        return None
    figures_reader = FIGURES_READERS.get(source.type)
    column_type = next((c.type for c in table.columns if c.name == source.cursor), "")
    cursor_type = (figures_reader.cursor_type if figures_reader else None) or column_type
    committed_at = _committed_at(DeltaLog(session, location), str(table.name), flow.newest)
    return Landed(
        job=job,
        table=table,
        source=source,
        figures_reader=figures_reader,
        version=position.version,
        sequence=flow.newest,
        committed_at=committed_at,
        span=settled_span(source, flow.inputs, committed_at, cursor_type),
        cursor_type=cursor_type,
    )


def _committed_at(log: DeltaLog, flow: str, sequence: int) -> datetime | None:
    """The time at which a batch was committed; None if the log no longer has that commit.

    It need not be the newest commit: those of upkeep may follow it.
    """
    found = next((c for c in log.commits() if c.transactions.get(flow) == sequence), None)
    return datetime.fromtimestamp(found.moment / 1000, UTC) if found else None
