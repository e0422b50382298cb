"""Flow, what every step works with for one table, and `open_flow`, which prepares it under the table's lease."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.runtime.commit import Batch
from jobs.runtime.evolution import evolve
from jobs.runtime.lease import leased_by
from jobs.runtime.position import NOWHERE, TablePosition, read_position
from jobs.runtime.session import batch_session
from jobs.runtime.tables import read_version
from shared.contracts import Kind
from shared.contracts.evolution.as_built import contract_facts
from shared.errors import PositionLostError
from shared.jobs import Status, TableOutcome
from shared.names import quarantine_location, staging_location
from shared.places import location_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Catalog, Table
    from shared.jobs import Job


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One step's work on one table: its session, its locations, its position and the batch about to be written.

    Attributes:
        session: The batch's own session.
        job: The job run.
        catalog: All contracts.
        table: The table's contract.
        batch: The batch about to be written.
        is_rebuilt: Whether to replace the whole table from all its inputs, in one commit.
        is_reread: Whether to read its source, or the input it is refined from, from the start again, and keep the rows
            it has.
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
        """The table's location."""
        return self.batch.location

    @property
    def quarantine_location(self) -> str:
        """The location of the table's quarantine."""
        return quarantine_location(self.root_of(self.table), self.table.name)

    @property
    def staging_location(self) -> str:
        """The location where this batch is staged."""
        return staging_location(self.root_of(self.table), self.job.run_id, self.table.name, self.batch.sequence)

    @property
    def last_inputs(self) -> dict[str, Any] | None:
        """How far the last batch consumed the inputs; None before the first, and if they are read from the start."""
        return self.batch.last.inputs if self.batch.last and not self.is_rebuilt and not self.is_reread else None

    @property
    def is_replayed(self) -> bool:
        """Whether the job asks to read the table's refused rows again, and no earlier attempt of the run did so."""
        is_done = self.batch.last is not None and self.batch.last.run == self.job.run_id
        return self.job.replay is not None and self.job.replay.table == str(self.table.name) and not is_done

    def location_of(self, table: Table) -> str:
        """The location of any table."""
        return location_of(self.job.roots, table)

    def rows_before(self) -> DataFrame:
        """The table's rows as they were before this batch; the table must exist."""
        return read_version(self.session, self.location, self.batch.before.version)

    def root_of(self, table: Table) -> str:
        """The root that a table is under: the lake's own, or that of personal data."""
        return self.job.roots.of(is_personal=table.is_personal)

    @property
    def needs_feed(self) -> bool:
        """Whether the table must write a change data feed: a built table, the API or Snowflake follows it."""
        return self.catalog.is_followed(self.table.name)

    def position_of(self, table: Table, *, is_needed: bool = True) -> TablePosition:
        """The position of a table that this one reads; NOWHERE for an optional one that has not been written yet.

        Raises:
            PositionLostError: no run has written it yet, or its log does not say how far its inputs were read.
        """
        position = read_position(self.session, self.location_of(table))
        if str(table.name) not in position.flows:
            if not is_needed:
                return TablePosition(version=NOWHERE, flows={})
            mend = f"run {table.name} first: --select +{self.table.name}"
            if table.kind is Kind.INGESTED:
                mend += "; if it is unchanged then, its source has nothing yet, and the run says what was looked for"
            raise PositionLostError(
                f"{table.name} has not been written yet",
                given=f"{self.table.name} reads it",
                expected="an earlier step or run to have written it",
                mend=mend,
            )
        return position

    def unchanged(self, reason: str = "") -> TableOutcome:
        """The outcome when no batch was written: no input had news, or `reason` says why none was read.

        If an earlier attempt of this run committed the last batch, that batch is reported instead, since the attempt
        may have died before it could report it.
        """
        last, version = self.batch.last, self.batch.before.version
        if last and last.run == self.job.run_id:
            fields = {**last.books, "warnings": last.warnings, "reason": last.reason}
            return self._outcome(Status.SUCCEEDED, version, last.sequence, fields)
        fields = {"reason": reason}
        return self._outcome(Status.UNCHANGED, version if last else None, last.sequence if last else None, fields)

    def succeeded(
        self, version: int, books: dict[str, int], warnings: dict[str, int | float] | None = None, reason: str = ""
    ) -> TableOutcome:
        """The outcome of a flow whose batch was committed."""
        fields = {**books, "warnings": warnings or {}, "reason": reason}
        return self._outcome(Status.SUCCEEDED, version, self.batch.sequence, fields)

    def _outcome(
        self, status: Status, version: int | None, sequence: int | None, fields: dict[str, Any]
    ) -> TableOutcome:
        facts = {"table": str(self.table.name), "step": self.job.step, "status": status}
        return TableOutcome.model_validate({**facts, "version": version, "sequence": sequence, **fields})


@contextmanager
def open_flow(spark: SparkSession, job: Job, catalog: Catalog, table: Table) -> Iterator[Flow]:
    """Take the table's lease, give the batch a session of its own, bring the table to its contract's shape.

    Raises:
        LeaseHeldError: another job run works on the table.
        PositionLostError: the table's log does not say how far its inputs were read.
        ContractError: the contract changed in a way that breaks readers, and its version does not say so; or it puts
            the table elsewhere than where it is.
        RollbackError: a rollback of the table is unfinished.
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
