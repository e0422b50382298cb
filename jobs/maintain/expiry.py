"""Rows that have been kept as long as their contract says: deleted, with what lies beside the table of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import functions as F

from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import read_position
from jobs.runtime.retention import is_expired, outlived
from jobs.runtime.session import without_ansi
from jobs.runtime.upkeep import carrying_on, delete_matching
from shared.names import quarantine_location
from shared.places import location_of
from shared.vault import TOKEN, vault_location

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.runtime.lease import Lease
    from shared.contracts import Catalog, Table
    from shared.contracts.retention import Retention
    from shared.jobs import Job


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """The turn of one table, under its lease.

    A refined table's rows go by its own retention. Those of a landed table go when that of every table is over that is
    refined from it, and each of these has read them; where a row's age cannot be read, it is counted from the moment
    it was landed. Refused rows go by the moment they were refused, since that may have been for their age.
    """

    session: SparkSession
    job: Job
    catalog: Catalog
    table: Table
    lease: Lease

    def run(self) -> int:
        """Delete what is too old, and say how many rows went, refused ones among them.

        Raises:
            LeaseHeldError: the table's lease was lost.
            PositionLostError: a table does not say where its flows stand.
        """
        location = location_of(self.job.roots, self.table)
        if not self._kept or not DeltaLog(self.session, location).exists:
            return 0
        with without_ansi(self.session):
            rows = self._rows(location)
            is_old = self._is_landed_and_old(rows) if self.table.source else self._is_over(self._kept[0].column)
            if self.table.tokenized:
                self._forget_tokens(rows, is_old)
            return self._delete(location, is_old) + self._delete(self._refused, self._is_over("quarantined_at"))

    @property
    def _readers(self) -> tuple[Table, ...]:
        """The tables by whose retention the rows go."""
        return self.catalog.expiring_readers(self.table.name) if self.table.source else (self.table,)

    @property
    def _kept(self) -> list[Retention]:
        """How long rows are kept; none where it is for ever."""
        return [reader.retention for reader in self._readers if reader.retention]

    @property
    def _refused(self) -> str:
        return quarantine_location(self.job.roots.of(is_personal=self.table.is_personal), self.table.name)

    def _is_over(self, column: str) -> Column:
        """Whether every retention is over for rows of which a column says how old they are."""
        return reduce(and_, [is_expired(F.col(column), kept, self.job.business_date) for kept in self._kept])

    def _is_landed_and_old(self, rows: DataFrame) -> Column:
        read = min(map(self._consumed, self._readers))
        is_old = outlived(rows, self._readers, self.job.business_date, F.col("_ingested_at"))
        return is_old & (F.col("_sequence") <= read)

    def _consumed(self, reader: Table) -> int:
        """The last batch of the landed table that one of its readers has read."""
        flow = read_position(self.session, location_of(self.job.roots, reader)).flows.get(str(reader.name))
        return int(flow.inputs.get(str(self.table.name), 0)) if flow else 0

    def _forget_tokens(self, rows: DataFrame, is_old: Column) -> None:
        """Take out of the vault what no row shows any more, before the rows go: a run that dies finds them again."""
        vault = vault_location(self.job.pii_root, self.table.name)
        shown = F.explode(F.array_compact(F.array(*[c.name for c in self.table.tokenized]))).alias(TOKEN)
        going, staying = rows.where(is_old).select(shown), rows.where(~is_old).select(shown)
        tokens = going.distinct().join(staying, on=TOKEN, how="left_anti")
        if not tokens.isEmpty():
            with carrying_on(self.session, vault, self.lease):
                delete_matching(self.session, vault, tokens, F.col(f"t.{TOKEN}") == F.col(f"k.{TOKEN}"))

    def _delete(self, location: str, is_old: Column) -> int:
        if not DeltaLog(self.session, location).exists:
            return 0
        count = self._rows(location).where(is_old).count()
        if count:
            with carrying_on(self.session, location, self.lease):
                DeltaTable.forPath(self.session, location).delete(is_old)
        return count

    def _rows(self, location: str) -> DataFrame:
        return self.session.read.format("delta").load(location)
