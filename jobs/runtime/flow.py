"""What every flow is given, and what it answers."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.runtime.commit import Batch
from jobs.runtime.evolution import evolve
from jobs.runtime.lease import leased_by
from jobs.runtime.position import NOWHERE, TablePosition, read_position
from jobs.runtime.session import batch_session
from shared.contracts.evolution.as_built import contract_facts
from shared.errors import PositionLostError
from shared.jobs import Status, TableOutcome
from shared.names import quarantine_location, staging_location
from shared.places import location_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from shared.contracts import Catalog, Table
    from shared.jobs import Job


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What one step does to one table: its session, its places, its position and the batch it is about to bring.

    `is_rebuilt` asks for the table to be made anew from all its inputs, in one commit, whatever it holds; `is_reread`
    for its source, or the input it is refined from, to be read from the start into what it holds.
    """

    session: SparkSession
    job: Job
    catalog: Catalog
    table: Table
    batch: Batch
    is_rebuilt: bool = False
    is_reread: bool = False

    @property
    def location(self) -> str:
        """The table's place."""
        return self.batch.location

    @property
    def quarantine_location(self) -> str:
        """The place of the table's quarantine."""
        return quarantine_location(self.root_of(self.table), self.table.name)

    @property
    def staging_location(self) -> str:
        """The place where this batch is staged."""
        return staging_location(self.root_of(self.table), self.job.run_id, self.table.name, self.batch.sequence)

    @property
    def last_inputs(self) -> dict[str, Any] | None:
        """How far the inputs were consumed by the last batch, None before the first and where it does not count."""
        return self.batch.last.inputs if self.batch.last and not self.is_rebuilt and not self.is_reread else None

    @property
    def is_replayed(self) -> bool:
        """Whether the job asks for the table's refused rows to be read again, and no earlier try of the run did so."""
        is_done = self.batch.last is not None and self.batch.last.run == self.job.run_id
        return self.job.replay is not None and self.job.replay.table == str(self.table.name) and not is_done

    def location_of(self, table: Table) -> str:
        """Another table's place."""
        return location_of(self.job.roots, table)

    def root_of(self, table: Table) -> str:
        """The place a table lies in: the lake's own, or that of personal data."""
        return self.job.roots.of(is_personal=table.is_personal)

    @property
    def needs_feed(self) -> bool:
        """Whether the table must write a change data feed: a built table, the API or Snowflake follows it."""
        return self.catalog.is_followed(self.table.name)

    def position_of(self, table: Table, *, is_needed: bool = True) -> TablePosition:
        """Where a table stands that this one reads; nowhere for one that is not needed and not written yet.

        Raises:
            PositionLostError: no run has written it yet, or it does not say how far its inputs were read.
        """
        position = read_position(self.session, self.location_of(table))
        if str(table.name) not in position.flows:
            if not is_needed:
                return TablePosition(version=NOWHERE, flows={})
            raise PositionLostError(
                f"{table.name} has not been written yet",
                given=f"{self.table.name} reads it",
                expected="an earlier step or run to have written it",
                mend=f"run {table.name} first: --select +{self.table.name}",
            )
        return position

    def unchanged(self, reason: str = "") -> TableOutcome:
        """The outcome of a flow whose inputs had nothing new, or that was not to look at them for some reason.

        When an earlier attempt of this run brought the last batch, it is the run's, and what it did is the outcome:
        the attempt may have ended before it could say so.
        """
        last, version = self.batch.last, self.batch.before.version
        if last and last.run == self.job.run_id:
            said = {**last.books, "warnings": last.warnings, "reason": last.reason}
            return self._outcome(Status.SUCCEEDED, version, last.sequence, said)
        said = {"reason": reason}
        return self._outcome(Status.UNCHANGED, version if last else None, last.sequence if last else None, said)

    def succeeded(
        self, version: int, books: dict[str, int], warnings: dict[str, int | float] | None = None, reason: str = ""
    ) -> TableOutcome:
        """The outcome of a flow whose batch landed."""
        said = {**books, "warnings": warnings or {}, "reason": reason}
        return self._outcome(Status.SUCCEEDED, version, self.batch.sequence, said)

    def _outcome(
        self, status: Status, version: int | None, sequence: int | None, said: dict[str, Any] | None = None
    ) -> TableOutcome:
        facts = {"table": str(self.table.name), "step": self.job.step, "status": status}
        return TableOutcome.model_validate({**facts, "version": version, "sequence": sequence, **(said or {})})


@contextmanager
def open_flow(spark: SparkSession, job: Job, catalog: Catalog, table: Table) -> Iterator[Flow]:
    """Take the table's lease, give the batch a session of its own and read the position.

    Raises:
        LeaseHeldError: another job run works on the table.
        PositionLostError: the table does not say how far its inputs were read.
        ContractError: the contract changed in a way that breaks readers, and its version does not say so; or puts the
            table in another place than where it lies.
        RollbackError: a rollback of the table has not come to its end.
    """
    location = location_of(job.roots, table)
    with leased_by(job, str(table.name)) as lease:
        session = batch_session(spark)
        evolved = evolve(session, table, job.roots, lease)
        batch = Batch(
            location=location,
            flow=str(table.name),
            before=evolved.before,
            run=job.run_id,
            attempt=job.attempt,
            lease=lease,
            contract=contract_facts(table),
        )
        yield Flow(
            session=session,
            job=job,
            catalog=catalog,
            table=table,
            batch=batch,
            is_rebuilt=evolved.is_rebuilt,
            is_reread=evolved.is_reread,
        )
