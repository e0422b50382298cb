"""What bronze comes to, row by row, against what a table that is refined from it holds."""

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

NEWEST, TOLD, THERE, REFUSED, HELD = "_newest_sequence", "_told", "_there", "_refused", "_held"
ROW_KEY = "_row_key"
TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Layers:
    """A bronze table, and a table that is refined from it."""

    session: SparkSession
    bronze: Landed
    silver: Table

    def compared(self) -> Comparison | None:
        """What became of the rows that the silver table has consumed; None when it has consumed none yet.

        The newest row of each key that no rule refused must be there, with the same content, unless it is a delete.
        Columns that are treated are left out, and of a history the keys of what holds now are compared. Where another
        run has written to the table meanwhile, a difference says nothing, and it is compared again.
        """
        for _ in range(TRIES):
            position = self._position()
            found = self._compared(position)
            if found is None or not found.differing or self._position().version == position.version:
                break
        return found

    def _compared(self, position: TablePosition) -> Comparison | None:
        flow = position.flows.get(str(self.silver.name))
        landed = read_position(self.session, self.bronze.location)
        consumed = consumed_of(flow.inputs, str(self.bronze.table.name), landed) if flow else 0
        if flow is None or not consumed:
            return None
        there = read_version(self.session, self._location, position.version)
        told = self._newest_good(self._rows(consumed))
        return self._measured(told, self._there(there), is_whole=self._is_whole(flow))

    def _position(self) -> TablePosition:
        return read_position(self.session, self._location)

    @property
    def _location(self) -> str:
        return table_location(self._root, self.silver.name)

    @property
    def _root(self) -> str:
        return self.bronze.job.roots.lake

    @property
    def _told_content(self) -> Column:
        """What is compared of a row beside its key."""
        treated = {c.name for c in self.silver.treated}
        names = [] if self.silver.history else [n for n in self.silver.column_names if n not in treated]
        return F.struct(F.lit(0).alias("_"), *names)

    @property
    def _sequence(self) -> Column:
        return F.struct(F.lit(0).alias("_"), *self.silver.sequence_by)

    @property
    def _landed_since(self) -> datetime | None:
        """From when on landed rows are compared, where older ones cannot have taken out what these brought."""
        may_be_gone = self.silver.apply_as_deletes or self.silver.history
        is_merged = self.silver.disposition is Disposition.MERGE and self.silver.sequence_by
        return self.bronze.landed_since if is_merged and not may_be_gone else None

    @property
    def _follows_cursor(self) -> bool:
        """Whether the silver table tells by itself which of its rows are those from the start on."""
        if not self.silver.sequence_by:
            return False
        first = next(c for c in self.silver.columns if c.name == self.silver.sequence_by[0])
        # The day of a moment is before the moment itself.
        return (first.logic or first.name) == self.bronze.source.cursor and first.type == self.bronze.cursor_type

    def _is_whole(self, flow: FlowPosition) -> bool:
        """Whether bronze tells of every row that is there, so that one can be too many.

        What bronze no longer keeps is not amiss in silver. A snapshot that was not whole has taken no row away.
        """
        if self.silver.disposition is Disposition.SNAPSHOT:
            return NOT_WHOLE not in flow.warnings
        return self._follows_cursor and self.bronze.start is not None

    def _rows(self, consumed: int) -> DataFrame:
        # As it is now: what silver has consumed meanwhile is there, too.
        rows = marked(self.bronze.rows_now(self.session), self.bronze.table)
        sequence, cursor = F.col(SEQUENCE), self.bronze.source.cursor
        if self.silver.disposition is Disposition.SNAPSHOT:
            return rows.where(sequence == consumed)
        rows = rows.where(sequence <= consumed)
        if cursor and self.bronze.start:
            return rows.where(self.bronze.is_since_start(F.col(cursor)))
        return rows.where(F.col(INGESTED_AT) >= F.lit(self._landed_since)) if self._landed_since else rows

    def _newest_good(self, rows: DataFrame) -> DataFrame:
        """Of each key the newest row not refused: its sequence, whether it deletes, and what may be its content.

        Of rows with one sequence the greater content is the newest, as it is for the step that refines. Where that
        compares treated values, which nobody has here, any of them may be.
        """
        table = self.silver
        rows = typed(queried(table, rows), table).withColumns({**origin(), ROW_KEY: as_json(*table.primary_key)})
        rows = self._with_refused(self._kept(rows))
        moment = {NEWEST: self._sequence if table.sequence_by else F.col(SEQUENCE), IS_DELETE: is_delete(table)}
        content = F.when(~F.col(HELD), self._told_content)
        contents = F.collect_set(content) if table.treated else F.array_compact(F.array(F.max(content)))
        of_one_moment = rows.withColumns(moment).groupBy(*table.primary_key, *moment)
        tied = of_one_moment.agg(contents.alias(TOLD), F.count_if(F.col(HELD)).alias(REFUSED))
        told = F.max(F.when(F.size(TOLD) > 0, F.struct(*moment, TOLD))).alias(TOLD)
        return tied.groupBy(*table.primary_key).agg(told, F.sum(REFUSED).alias(REFUSED))

    def _kept(self, rows: DataFrame) -> DataFrame:
        """The rows that are not too old for the silver table: upkeep deletes those on one side before the other."""
        if (kept := self.silver.retention) is None:
            return rows
        return rows.where(~is_expired(F.col(kept.column), kept, day_of_ages(self.bronze.job)))

    def _with_refused(self, rows: DataFrame) -> DataFrame:
        """Rows that say whether they lie in the quarantine: by where they came from, and the key made of them."""
        location = quarantine_location(self._root, self.silver.name)
        if not DeltaLog(self.session, location).exists:
            return rows.withColumn(HELD, F.lit(False))
        names = {
            **dict(zip(ORIGIN_COLUMNS, ORIGIN, strict=True)),
            SOURCE_POSITION: "source_position",
            ROW_KEY: "row_key",
        }
        held = read_newest(self.session, location)
        held = held.select(*[F.col(there).alias(f"held_{here}") for here, there in names.items()]).distinct()
        same = reduce(and_, [F.col(name).eqNullSafe(F.col(f"held_{name}")) for name in names])
        marks = held.withColumn(HELD, F.lit(True))
        return rows.join(marks, on=same, how="left").withColumn(HELD, F.col(HELD).isNotNull())

    def _there(self, rows: DataFrame) -> DataFrame:
        rows = rows.where(IS_CURRENT) if self.silver.history else self._kept(rows)
        if self.bronze.start and self._follows_cursor:
            rows = rows.where(self.bronze.is_since_start(F.col(self.silver.sequence_by[0])))
        there = F.struct(self._sequence.alias(NEWEST), self._told_content.alias(TOLD))
        return rows.select(*self.silver.primary_key, there.alias(THERE))

    def _measured(self, told: DataFrame, there: DataFrame, *, is_whole: bool) -> Comparison:
        both = told.join(there, on=list(self.silver.primary_key), how="full" if is_whole else "left")
        is_gone, is_there = F.col(f"{TOLD}.{IS_DELETE}"), F.col(THERE).isNotNull()
        # A row that is refused says that its key is there: what a row of before the span, or an older snapshot, told of
        # it stays.
        is_there &= ~(F.col(TOLD).isNull() & (F.coalesce(REFUSED, F.lit(0)) > 0))
        is_told = F.coalesce(~is_gone, F.lit(False))
        is_same = F.exists(f"{TOLD}.{TOLD}", lambda content: content.eqNullSafe(F.col(f"{THERE}.{TOLD}")))
        if self._landed_since:
            # A row that landed before may be the newer one.
            is_same |= F.col(f"{THERE}.{NEWEST}") > F.col(f"{TOLD}.{NEWEST}")
        [found] = both.agg(
            F.count_if(is_told).alias("told"),
            F.count_if(is_there).alias("there"),
            F.count_if(is_told & is_there).alias("met"),
            F.count_if(is_told & is_there & is_same).alias("same"),
            F.coalesce(F.sum(REFUSED), F.lit(0)).alias("refused"),
            F.count_if(is_gone).alias("deleted"),
        ).collect()
        measures = {ROWS: ("told", "there"), "keys met": ("told", "met"), "rows that agree": ("met", "same")}
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
