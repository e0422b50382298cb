"""Deletes the rows that a contract does not keep any longer, from the table, its quarantine and its vault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, reduce
from operator import and_
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.refine.consumed import consumed_of
from jobs.refine.origin import as_held, marked, origin
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import read_position
from jobs.runtime.quarantine import ORIGIN
from jobs.runtime.retention import day_of_ages, is_expired, is_expired_for_all
from jobs.runtime.session import without_ansi
from jobs.runtime.table_files import files_since
from jobs.runtime.tables import read_newest
from jobs.runtime.upkeep import carrying_on, delete_matching
from shared.contracts.evolution.policy import is_raised
from shared.landed_columns import INGESTED_AT, SEQUENCE
from shared.names import quarantine_location
from shared.places import location_of
from shared.retention import HISTORY_DAYS
from shared.vault import TOKEN, vault_location

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.runtime.lease import Lease
    from jobs.runtime.position import TablePosition
    from shared.contracts import Catalog, Table
    from shared.contracts.retention import Retention
    from shared.jobs import Job


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """The deletion of one table's expired rows.

    Rows of a refined table expire by its own retention. Rows of a landed table expire once they are too old for every
    table refined from it, and each of these has read them. A landed row whose age cannot be read counts from the moment
    it was landed; refused rows count from the moment they were refused. Of landed snapshots with a retention, those go
    that are too old and that neither a refined table nor the next run reads again.

    Attributes:
        session: The session.
        job: The job run.
        catalog: All contracts.
        table: The table.
        lease: The lease on the table, which the job run holds.
    """

    session: SparkSession
    job: Job
    catalog: Catalog
    table: Table
    lease: Lease

    def run(self) -> int:
        """Delete the expired rows, and return how many they were, including refused ones.

        A table that has had no batch, or whose shape the next one has yet to bring in line with its contract, is left
        until then.

        Raises:
            LeaseHeldError: the table's lease was lost.
            PositionLostError: a table's commits do not say how far its inputs were read.
        """
        location = location_of(self.job.roots, self.table)
        if not self._kept or not self._is_in_shape(location):
            return 0
        with without_ansi(self.session):
            rows = self._rows(location)
            is_old = self._is_landed_and_old(rows) if self.table.source else self._is_expired(self._kept[0].column)
            deleted = self._delete(location, is_old)
            if self.table.tokenized:
                self._delete_unused_tokens(location)
            return deleted + self._delete_refused()

    @property
    def _readers(self) -> tuple[Table, ...]:
        """The tables whose retention decides when the rows expire."""
        is_own = self.table.retention is not None or self.table.source is None
        return (self.table,) if is_own else self.catalog.expiring_readers(self.table.name)

    @property
    def _kept(self) -> list[Retention]:
        """The retentions by which the rows expire; empty if they are kept for ever."""
        return [reader.retention for reader in self._readers if reader.retention]

    def _is_in_shape(self, location: str) -> bool:
        """Whether the table has had a batch in the shape of its contract, and no rollback of it died part-way."""
        log = DeltaLog(self.session, location)
        if not log.exists or log.rolled_back_to:
            return False
        flow = read_position(self.session, location).flows.get(str(self.table.name))
        if flow is None:
            return False
        built = str(flow.contract.get("version", ""))
        return set(self.table.column_names) <= set(log.schema.names) and not is_raised(built, self.table.version)

    def _is_expired(self, column: str) -> Column:
        """Whether a row is too old for every retention, by the moment in a column."""
        return reduce(and_, [is_expired(F.col(column), kept, day_of_ages(self.job)) for kept in self._kept])

    def _is_landed_and_old(self, rows: DataFrame) -> Column:
        """Whether a landed row or its snapshot is too old, and no table has to read it any more."""
        if self.table.retention:
            return self._is_expired(INGESTED_AT) & (F.col(SEQUENCE) < self._needed_snapshot)
        read = min(self._consumed(reader) for reader in self._readers)
        is_old = is_expired_for_all(rows, self._readers, day_of_ages(self.job), F.col(INGESTED_AT))
        return is_old & (F.col(SEQUENCE) <= read)

    @cached_property
    def _needed_snapshot(self) -> int:
        """The batch of the oldest snapshot that is needed: the newest, or one that a table has not moved on from."""
        newest = self._landed.flows[str(self.table.name)].newest
        return min([newest, *map(self._consumed, self.catalog.readers_of(self.table.name))])

    @cached_property
    def _landed(self) -> TablePosition:
        return read_position(self.session, location_of(self.job.roots, self.table))

    def _consumed(self, reader: Table) -> int:
        """The last batch of the landed table that a reader has consumed; 0 if none."""
        flow = read_position(self.session, location_of(self.job.roots, reader)).flows.get(str(reader.name))
        return consumed_of(flow.inputs, str(self.table.name), self._landed) if flow else 0

    def _delete_refused(self) -> int:
        """Delete rows that were refused too long ago, and return how many they were.

        Those of a refined table are deleted only once their landed row is gone, too: until then it may be read again,
        and be good.
        """
        location = quarantine_location(self.job.roots.of(is_personal=self.table.is_personal), self.table.name)
        if not DeltaLog(self.session, location).exists:
            return 0
        is_old = self._is_expired("quarantined_at")
        if self.table.source and self.table.retention:
            is_old &= F.col("batch") < self._needed_snapshot
        if self.table.source:
            return self._delete(location, is_old)
        source = self.catalog.table(str(self.table.inputs[0]))
        landed = marked(self._rows(location_of(self.job.roots, source)), source).withColumns(origin())
        old = self._rows(location).where(is_old).select(*ORIGIN).distinct()
        without_landed = old.join(landed.select(*as_held()), on=list(ORIGIN), how="left_anti")
        is_same = reduce(and_, [F.col(f"t.{name}") == F.col(f"k.{name}") for name in ORIGIN])
        return self._delete_matching(location, without_landed, is_same)

    def _delete_unused_tokens(self, location: str) -> None:
        """Delete from the vault the tokens that are in no version of the table that it can be rolled back to.

        The files of all versions since the oldest such one are searched, as far as they exist: an erasure removes files
        of versions before it, but not all of them, and none of later versions. If a tokenized column was missing or no
        text in the oldest version, nothing is deleted until that version is too old.
        """
        vault, names = vault_location(self.job.pii_root, self.table.name), [c.name for c in self.table.tokenized]
        oldest = DeltaLog(self.session, location).version_at(datetime.now(UTC) - timedelta(days=HISTORY_DAYS))
        if oldest is None or not DeltaLog(self.session, vault).exists:
            return
        types = {f.name: f.dataType for f in DeltaLog(self.session, location, oldest).schema.fields}
        if any(not isinstance(types.get(name), T.StringType) for name in names):
            return
        is_recent = F.col("tokenized_on") > F.lit(day_of_ages(self.job) - timedelta(days=HISTORY_DAYS))
        tokens = self._rows(vault).where(~is_recent).select(TOKEN)
        if files := files_since(self.session, location, oldest):
            rows = self.session.read.schema(", ".join(f"`{name}` STRING" for name in names)).parquet(*files)
            used = rows.select(F.explode(F.array_compact(F.array(*names))).alias(TOKEN))
            tokens = tokens.join(used, on=TOKEN, how="left_anti")
        self._delete_matching(vault, tokens, F.col(f"t.{TOKEN}") == F.col(f"k.{TOKEN}"))

    def _delete(self, location: str, is_old: Column) -> int:
        count = self._rows(location).where(is_old).count()
        if count:
            with carrying_on(self.session, location, self.lease):
                DeltaTable.forPath(self.session, location).delete(is_old)
        return count

    def _delete_matching(self, location: str, keys: DataFrame, condition: Column) -> int:
        count = self._rows(location).alias("t").join(keys.alias("k"), on=condition, how="left_semi").count()
        if count:
            with carrying_on(self.session, location, self.lease):
                delete_matching(self.session, location, keys, condition)
        return count

    def _rows(self, location: str) -> DataFrame:
        return read_newest(self.session, location)
