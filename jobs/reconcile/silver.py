"""Compares a refined table, row by row, with what its bronze input should have produced."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.ingest.source_figures import CursorSpan
from jobs.refine.consumed import consumed_of
from jobs.refine.deletes import is_delete
from jobs.refine.flow import NOT_WHOLE
from jobs.refine.origin import ORIGIN_COLUMNS, marked, origin, queried
from jobs.refine.typing import typed
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.json_columns import as_json
from jobs.runtime.position import read_position
from jobs.runtime.quarantine import ORIGIN
from jobs.runtime.retention import day_of_ages, is_expired
from jobs.runtime.tables import read_newest, read_version
from jobs.runtime.versions import IS_DELETE
from shared.contracts import Disposition
from shared.contracts.versions import IS_CURRENT
from shared.landed_columns import INGESTED_AT, SEQUENCE, SOURCE_POSITION
from shared.names import quarantine_location, table_location
from shared.reconciliation import ROWS, Comparison, Measure, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.reconcile.landed import Landed
    from jobs.runtime.position import FlowPosition, TablePosition
    from shared.contracts import Table

# `_contents` are all the contents that an expected row may have, `_content` is the one that a stored row has.
EXPECTED, STORED = "_expected", "_stored"
NEWEST, CONTENTS, CONTENT = "_newest_sequence", "_contents", "_content"
REFUSED, HELD, ROW_KEY = "_refused", "_held", "_row_key"
TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Layers:
    """A bronze table, and a table that is refined from it."""

    session: SparkSession
    bronze: Landed
    silver: Table

    def compare(self) -> Comparison | None:
        """Compare the silver table with the bronze rows that it has consumed; None if it has consumed none yet.

        The newest row of each key that no rule refused must be stored, with the same content, unless it is a delete.
        Treated columns are left out, and of a history, only the keys of its current versions are compared. If another
        run has written to the table meanwhile, a difference means nothing, and the two are compared again.
        """
        for _ in range(TRIES):
            position = self._position()
            comparison = self._compare(position)
            if comparison is None or not comparison.differing or self._position().version == position.version:
                break
        return comparison

    def _compare(self, position: TablePosition) -> Comparison | None:
        flow = position.flows.get(str(self.silver.name))
        landed = read_position(self.session, self.bronze.location)
        consumed = consumed_of(flow.inputs, str(self.bronze.table.name), landed) if flow else 0
        if flow is None or not consumed:
            return None
        expected = self._expected(self._rows(consumed))
        stored = self._stored(read_version(self.session, self._location, position.version))
        return self._measure(expected, stored, counts_surplus=self._counts_surplus(flow))

    def _position(self) -> TablePosition:
        return read_position(self.session, self._location)

    @property
    def _location(self) -> str:
        return table_location(self._root, self.silver.name)

    @property
    def _root(self) -> str:
        return self.bronze.job.roots.lake

    @property
    def _compared_columns(self) -> Column:
        """The columns of a row, besides its key, that are compared."""
        treated = {c.name for c in self.silver.treated}
        names = [] if self.silver.history else [n for n in self.silver.column_names if n not in treated]
        return F.struct(F.lit(0).alias("_"), *names)

    @property
    def _sequence(self) -> Column:
        return F.struct(F.lit(0).alias("_"), *self.silver.sequence_by)

    @property
    def _landed_since(self) -> datetime | None:
        """The time since when compared rows landed; None compares rows whenever they landed.

        It is used only where rows that landed earlier cannot keep the key of a later one out of silver, as an earlier
        delete with a greater sequence does.
        """
        may_be_deleted = self.silver.apply_as_deletes or self.silver.history
        is_merged = self.silver.disposition is Disposition.MERGE and self.silver.sequence_by
        return self.bronze.landed_since if is_merged and not may_be_deleted else None

    @property
    def _follows_cursor(self) -> bool:
        """Whether silver's first `sequenceBy` column is the cursor, so that it shows which rows are since the start."""
        if not self.silver.sequence_by:
            return False
        first = next(c for c in self.silver.columns if c.name == self.silver.sequence_by[0])
        # The types must be equal: a date made of a timestamp is before that timestamp.
        return (first.logic or first.name) == self.bronze.source.cursor and first.type == self.bronze.cursor_type

    def _counts_surplus(self, flow: FlowPosition) -> bool:
        """Whether a silver row that bronze does not explain counts as surplus.

        It does not where bronze may no longer have the row's source, or where an incomplete snapshot deleted nothing.
        """
        if self.silver.disposition is Disposition.SNAPSHOT:
            return NOT_WHOLE not in flow.warnings
        return self._follows_cursor and self.bronze.start is not None

    def _rows(self, consumed: int) -> DataFrame:
        """The compared bronze rows: of snapshots those of the consumed batch, else the recent ones up to it."""
        # Bronze as it is now: silver may have consumed batches that landed after the version in `bronze`.
        rows = marked(self.bronze.rows_now(self.session), self.bronze.table)
        sequence, cursor = F.col(SEQUENCE), self.bronze.source.cursor
        if self.silver.disposition is Disposition.SNAPSHOT:
            return rows.where(sequence == consumed)
        rows = rows.where(sequence <= consumed)
        if cursor and self.bronze.start:
            return rows.where(self.bronze.is_since_start(F.col(cursor)))
        return rows.where(F.col(INGESTED_AT) >= F.lit(self._landed_since)) if self._landed_since else rows

    def _expected(self, rows: DataFrame) -> DataFrame:
        """What silver should have of each key, by the newest of its rows that was not refused.

        Grain: one row per key of the bronze rows. `_expected` has the sequence of the newest row, whether it is a
        delete, and the contents it may have; it is null if all rows were refused. `_refused` counts the refused rows.

        Of rows with equal sequences the one with the greater content is the newest, as in the step that refines. Where
        that one compares treated values, which are not known here, the content of any of them will do.
        """
        table = self.silver
        rows = typed(queried(table, rows), table).withColumns({**origin(), ROW_KEY: as_json(*table.primary_key)})
        rows = self._with_held(self._unexpired(rows))
        moment = {NEWEST: self._sequence if table.sequence_by else F.col(SEQUENCE), IS_DELETE: is_delete(table)}
        content = F.when(~F.col(HELD), self._compared_columns)
        contents = F.collect_set(content) if table.treated else F.array_compact(F.array(F.max(content)))
        of_one_moment = rows.withColumns(moment).groupBy(*table.primary_key, *moment)
        tied = of_one_moment.agg(contents.alias(CONTENTS), F.count_if(F.col(HELD)).alias(REFUSED))
        newest = F.max(F.when(F.size(CONTENTS) > 0, F.struct(*moment, CONTENTS))).alias(EXPECTED)
        return tied.groupBy(*table.primary_key).agg(newest, F.sum(REFUSED).alias(REFUSED))

    def _unexpired(self, rows: DataFrame) -> DataFrame:
        """Leave out rows that silver's retention lets go: upkeep deletes them from one of the tables first."""
        if (kept := self.silver.retention) is None:
            return rows
        return rows.where(~is_expired(F.col(kept.column), kept, day_of_ages(self.bronze.job)))

    def _with_held(self, rows: DataFrame) -> DataFrame:
        """Add `_held`, whether the quarantine holds the row: one with the same origin and the same key."""
        location = quarantine_location(self._root, self.silver.name)
        if not DeltaLog(self.session, location).exists:
            return rows.withColumn(HELD, F.lit(False))
        names = {
            **dict(zip(ORIGIN_COLUMNS, ORIGIN, strict=True)),
            SOURCE_POSITION: "source_position",
            ROW_KEY: "row_key",
        }
        held = read_newest(self.session, location)
        held = held.select(*[F.col(stored).alias(f"held_{name}") for name, stored in names.items()]).distinct()
        is_same = reduce(and_, [F.col(name).eqNullSafe(F.col(f"held_{name}")) for name in names])
        marks = held.withColumn(HELD, F.lit(True))
        return rows.join(marks, on=is_same, how="left").withColumn(HELD, F.col(HELD).isNotNull())

    def _stored(self, rows: DataFrame) -> DataFrame:
        """What silver has of each key. Grain: one row per key that is compared, and in `_stored` what is compared."""
        rows = rows.where(IS_CURRENT) if self.silver.history else self._unexpired(rows)
        if self.bronze.start and self._follows_cursor:
            rows = rows.where(self.bronze.is_since_start(F.col(self.silver.sequence_by[0])))
        stored = F.struct(self._sequence.alias(NEWEST), self._compared_columns.alias(CONTENT))
        return rows.select(*self.silver.primary_key, stored.alias(STORED))

    def _measure(self, expected: DataFrame, stored: DataFrame, *, counts_surplus: bool) -> Comparison:
        both = expected.join(stored, on=list(self.silver.primary_key), how="full" if counts_surplus else "left")
        is_deleted, is_stored = F.col(f"{EXPECTED}.{IS_DELETE}"), F.col(STORED).isNotNull()
        # A key with refused rows only is no surplus: silver may have it from before the span or an older snapshot.
        is_stored &= ~(F.col(EXPECTED).isNull() & (F.coalesce(REFUSED, F.lit(0)) > 0))
        is_expected = F.coalesce(~is_deleted, F.lit(False))
        is_equal = F.exists(f"{EXPECTED}.{CONTENTS}", lambda content: content.eqNullSafe(F.col(f"{STORED}.{CONTENT}")))
        if self._landed_since:
            # The stored row may be a newer one, which landed before that time.
            is_equal |= F.col(f"{STORED}.{NEWEST}") > F.col(f"{EXPECTED}.{NEWEST}")
        [found] = both.agg(
            F.count_if(is_expected).alias("expected"),
            F.count_if(is_stored).alias("stored"),
            F.count_if(is_expected & is_stored).alias("matched"),
            F.count_if(is_expected & is_stored & is_equal).alias("equal"),
            F.coalesce(F.sum(REFUSED), F.lit(0)).alias("refused"),
            F.count_if(is_deleted).alias("deleted"),
        ).collect()
        measures = {
            ROWS: ("expected", "stored"),
            "keys met": ("expected", "matched"),
            "rows that agree": ("matched", "equal"),
        }
        return Comparison(
            left=str(self.bronze.table.name),
            right=str(self.silver.name),
            span=f"landed since {self._landed_since:%Y-%m-%d %H:%M}"
            if self._landed_since
            else str(CursorSpan(start=self.bronze.start)),
            measures=tuple(Measure(name=n, left=str(found[a]), right=str(found[b])) for n, (a, b) in measures.items()),
            refused=found["refused"],
            deleted=found["deleted"],
            verdict=Verdict.GREEN,
        )
