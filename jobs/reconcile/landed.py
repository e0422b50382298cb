"""A bronze table as its last batch left it: what a reconciliation reads."""

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

    `sequence` is the number of its last batch, `committed_at` when that was committed, if the log says so. `span` is
    what of the source is settled, None when no value of the cursor has been read; `cursor_type` the type of the
    cursor's values. `figures_reader` is None where the source has no figures to be asked for.
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
        """The place it lies in, with its quarantine."""
        return self.job.roots.of(is_personal=self.table.is_personal)

    @property
    def start(self) -> str | None:
        """The value of the cursor from which on rows are compared; None is all of them."""
        return self.span.start if self.span else None

    @property
    def location(self) -> str:
        """Where it lies."""
        return location_of(self.job.roots, self.table)

    @property
    def landed_since(self) -> datetime | None:
        """The moment since which rows landed that are compared, where no cursor tells their age; None compares all."""
        window = self.source.reconciling.window_seconds
        if self.start or window is None or self.committed_at is None:
            return None
        return self.committed_at - timedelta(seconds=window)

    def rows(self, session: SparkSession) -> DataFrame:
        """All its rows, as of its version."""
        return read_version(session, self.location, self.version)

    def rows_now(self, session: SparkSession) -> DataFrame:
        """All its rows, and those that came since."""
        return read_newest(session, self.location)

    def refused(self, session: SparkSession) -> DataFrame | None:
        """The rows of the source that lie in its quarantine, whenever they came, each once; None where none did."""
        location = quarantine_location(self.root, self.table.name)
        if not DeltaLog(session, location).exists:
            return None
        return read_newest(session, location).select("source_position", "row").distinct()

    def is_since_start(self, moment: Column) -> Column:
        """Whether a value of the cursor is the start of what is compared, or after it."""
        return moment.try_cast(self.cursor_type) >= F.lit(self.start).cast(self.cursor_type)


def landed(session: SparkSession, job: Job, table: Table) -> Landed | None:
    """The table as it stands; None when nothing has been read yet.

    Raises:
        PositionLostError: it does not say how far its source was read.
    """
    source = source_of(table)
    location = location_of(job.roots, table)
    position = read_position(session, location)
    flow = position.flows.get(str(table.name))
    if flow is None:
        return None
    figures_reader = FIGURES_READERS.get(source.type)
    of_column = next((c.type for c in table.columns if c.name == source.cursor), "")
    cursor_type = (figures_reader.cursor_type if figures_reader else None) or of_column
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
    """When a batch was committed, which commits of upkeep may lie on top of; None when the log no longer says it."""
    found = next((c for c in log.commits() if c.transactions.get(flow) == sequence), None)
    return datetime.fromtimestamp(found.moment / 1000, UTC) if found else None
