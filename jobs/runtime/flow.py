"""What every flow is given, and what it answers."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.runtime.commit import Batch
from jobs.runtime.lease import leased
from jobs.runtime.position import read_position
from jobs.runtime.session import batch_session
from shared.jobs import Status, TableOutcome
from shared.names import lease_table, quarantine_location, staging_location, table_location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from jobs.runtime.lease import Lease
    from shared.contracts import Catalog, Table
    from shared.jobs import Job


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One table's turn in one step: its session, its places and its position."""

    session: SparkSession
    job: Job
    catalog: Catalog
    table: Table
    batch: Batch

    @property
    def location(self) -> str:
        """The table's place."""
        return self.batch.location

    @property
    def quarantine(self) -> str:
        """The place of the table's quarantine."""
        return quarantine_location(self.job.lake_root, self.table.name)

    @property
    def staging(self) -> str:
        """The place where this batch is staged."""
        return staging_location(self.job.lake_root, self.job.run_id, self.table.name, self.batch.sequence)

    @property
    def last_inputs(self) -> dict[str, Any] | None:
        """How far the inputs were consumed by the last batch, None before the first."""
        return self.batch.last.inputs if self.batch.last else None

    def location_of(self, table: Table) -> str:
        """Another table's place."""
        return table_location(self.job.lake_root, table.name)

    def unchanged(self) -> TableOutcome:
        """The outcome of a flow whose inputs had nothing new."""
        last = self.batch.last
        return TableOutcome(
            table=str(self.table.name),
            step=self.job.step,
            status=Status.UNCHANGED,
            version=self.batch.before.version if last else None,
            sequence=last.sequence if last else None,
        )

    def succeeded(self, version: int, books: dict[str, int], warnings: dict[str, int] | None = None) -> TableOutcome:
        """The outcome of a flow whose batch landed."""
        return TableOutcome(
            table=str(self.table.name),
            step=self.job.step,
            status=Status.SUCCEEDED,
            version=version,
            sequence=self.batch.sequence,
            warnings=warnings or {},
            **books,
        )


@contextmanager
def open_flow(spark: SparkSession, job: Job, catalog: Catalog, table: Table) -> Iterator[Flow]:
    """Take the table's lease, give the batch a session of its own and read the position.

    Raises:
        LeaseHeldError: another job run works on the table.
        PositionLostError: the table does not say how far its inputs were read.
    """
    location = table_location(job.lake_root, table.name)
    with leased(lease_table(job.env), str(table.name), f"{job.run_id}/{job.attempt}") as lease:
        session = batch_session(spark)
        yield Flow(
            session=session,
            job=job,
            catalog=catalog,
            table=table,
            batch=_batch(session, job, table, location, lease),
        )


def _batch(session: SparkSession, job: Job, table: Table, location: str, lease: Lease) -> Batch:
    return Batch(
        location=location,
        flow=str(table.name),
        before=read_position(session, location),
        run=job.run_id,
        attempt=job.attempt,
        lease=lease,
    )
