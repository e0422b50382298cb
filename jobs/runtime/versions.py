"""Computes versions from events: what each key looked like, from when until when (slowly changing dimension type 2)."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from shared.contracts.versions import IS_CURRENT, VALID_FROM, VALID_TO

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.window import WindowSpec

    from shared.contracts import Table

IS_DELETE = "_is_delete"
LIFE, SPAN, LAST = "_life", "_span", "_last"


def greatest_first(table: Table) -> list[Column]:
    """The sort order of events of one key and moment, the one that counts first: a delete, then the greatest content.

    Two deletes are equal, whatever their other columns are.
    """
    return [F.desc(IS_DELETE), living_content(table).desc()]


def living_content(table: Table, is_delete: Column | None = None) -> Column:
    """A row's whole content for comparisons, column by column, nulls least; null for a delete.

    Args:
        table: The contract.
        is_delete: The condition that a row is a delete; by default the column `_is_delete`.
    """
    return F.when(~(F.col(IS_DELETE) if is_delete is None else is_delete), F.struct(*table.column_names))


def history_of(rows: DataFrame, table: Table) -> DataFrame:
    """The versions that result from rows taken as events, in any order.

    Grain: one row per event in, one row per key and version out. `applyAsDeletes` says which rows are deletes; of
    several events of one key and moment one counts, by `greatest_first`.

    Args:
        rows: The contract's columns, and those that `applyAsDeletes` reads.
        table: The contract.
    """
    mark = F.coalesce(F.expr(table.apply_as_deletes or "false"), F.lit(False))
    events = rows.withColumn(IS_DELETE, mark)
    at_one_moment = Window.partitionBy(*table.primary_key, table.sequence_by[0]).orderBy(*greatest_first(table))
    counting = events.withColumn("_rank", F.row_number().over(at_one_moment)).where("_rank = 1")
    return versions(counting, table)


def versions(events: DataFrame, table: Table) -> DataFrame:
    """The versions that result from a history of events.

    Grain: one row per key and moment (`sequenceBy`) in, one row per key and version out, with the contract's columns,
    `valid_from` (inclusive), `valid_to` (exclusive, null for the current version) and `is_current`. A version begins
    with an event that changes a tracked column, or brings the key back; it ends where the next one begins, or with a
    delete. Its columns have the values of its last event. A null and an empty text are different values.

    Args:
        events: All known events of the keys: the contract's columns and `_is_delete`, one row per key and moment.
        table: The contract. With `ignoreNullUpdates` a null means that the column is unchanged; no value is carried
            over a delete.
    """
    key, sequence = table.primary_key, table.sequence_by[0]
    in_order = Window.partitionBy(*key).orderBy(sequence)
    upto_here = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    whole = _filled(events, table, upto_here) if table.history and table.history.ignore_null_updates else events
    same_life = F.lag(F.col(IS_DELETE)).over(in_order) == F.col(IS_DELETE)
    is_alike = [F.lag(column).over(in_order).eqNullSafe(F.col(column)) for column in table.tracked_columns]
    goes_on = reduce(and_, [~F.col(IS_DELETE), F.coalesce(same_life, F.lit(False)), *is_alike])
    marked = whole.withColumn("_begins", F.when(goes_on, 0).otherwise(1))
    spans = marked.withColumn(SPAN, F.sum("_begins").over(upto_here)).groupBy(*key, SPAN)
    values = F.struct(*[name for name in table.column_names if name not in key])
    seen = spans.agg(
        F.min(sequence).alias(VALID_FROM),
        F.max(IS_DELETE).alias(IS_DELETE),
        F.max_by(values, sequence).alias(LAST),
    )
    ended = seen.withColumn(VALID_TO, F.lead(VALID_FROM).over(Window.partitionBy(*key).orderBy(VALID_FROM)))
    return ended.where(~F.col(IS_DELETE)).select(
        *[F.col(name) if name in key else F.col(f"{LAST}.{name}") for name in table.column_names],
        VALID_FROM,
        VALID_TO,
        F.col(VALID_TO).isNull().alias(IS_CURRENT),
    )


def _filled(events: DataFrame, table: Table, upto_here: WindowSpec) -> DataFrame:
    """Events with all columns, from events with only those that changed; no value is carried over a delete."""
    lives = events.withColumn(LIFE, F.sum(F.col(IS_DELETE).cast("int")).over(upto_here))
    in_life = Window.partitionBy(*table.primary_key, LIFE).orderBy(table.sequence_by[0])
    so_far = in_life.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    known = {
        name: F.last(F.when(~F.col(IS_DELETE), F.col(name)), ignorenulls=True).over(so_far)
        for name in table.column_names
        if name not in (*table.primary_key, *table.sequence_by)
    }
    return lives.withColumns(known)
