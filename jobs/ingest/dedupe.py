"""Drops the rows of a batch that say nothing new: those that bronze holds already, as windows may overlap."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.runtime.merge import reach_of, within
from shared.contracts import Disposition
from shared.landed_columns import RESCUED, SEQUENCE, SOURCE_POSITION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame

    from jobs.runtime.flow import Flow

SINGLE, CONTENT = "_is_single", "_content"


def drop_known_rows(flow: Flow, rows: DataFrame, least: str | None) -> DataFrame:
    """Keep the rows that differ from what bronze last received for their key; of a full snapshot keep all.

    Grain: one row in, at most one row out; equal rows become one, at the least of their source positions. Without a
    cursor nothing orders the rows of a key within a batch, so a row that equals one of several there may not be the
    newest: then all rows of the key are kept, unless they are those of the last batch, from the same places.

    Args:
        flow: The table's flow.
        rows: The batch's well-formed rows.
        least: The least cursor among them, as text; None without a cursor.

    Returns:
        The rows to append. `rows` itself, the same object, for a snapshot and for a first batch of distinct rows: the
        ingest flow tells by that whether it has to count.
    """
    if flow.table.disposition is Disposition.SNAPSHOT:
        return rows
    key, names = flow.table.primary_key, [*flow.table.column_names, RESCUED]
    # As a rule no two rows have one key, and a key is read for less than a row.
    has_single_keys = _all_differ(rows, key)
    differ = has_single_keys or _all_differ(rows, names)
    once = rows if differ else _once(rows, key, names, is_ordered=_cursor(flow) is not None)
    if not flow.batch.before.exists:
        return once
    known, is_known = _latest_known(flow, rows, least), _equal(names)
    if _cursor(flow) is None:
        known = known.withColumns({SINGLE: _is_single(key, names), CONTENT: _content(key, names)})
        once = once.withColumn(CONTENT, F.lit(None).cast("decimal(38,0)") if has_single_keys else _content(key, names))
        is_known &= F.col(f"known.{SINGLE}") | (F.col(f"new.{CONTENT}") == F.col(f"known.{CONTENT}"))
    return once.alias("new").join(known.alias("known"), on=is_known, how="left_anti").drop(CONTENT)


def _cursor(flow: Flow) -> str | None:
    return flow.table.source.cursor if flow.table.source else None


def _all_differ(rows: DataFrame, names: Sequence[str]) -> bool:
    """Whether no two rows are equal in some columns: then there are as many hashes as rows.

    That costs a fraction of grouping the rows by all their columns.
    """
    counts = rows.agg(F.count(F.lit(1)), F.count_distinct(F.xxhash64(*names))).first()
    return counts is not None and counts[0] == counts[1]


def _once(rows: DataFrame, key: Sequence[str], names: list[str], *, is_ordered: bool) -> DataFrame:
    """Rows that are alike as one. Of a key with several rows that nothing orders, all: A, B, A is no A, B."""
    if is_ordered:
        return rows.groupBy(*names).agg(F.min(SOURCE_POSITION).alias(SOURCE_POSITION))
    judged = rows.withColumn(SINGLE, _is_single(key, names))
    once = _once(judged.where(SINGLE), key, names, is_ordered=True)
    return once.unionByName(judged.where(~F.col(SINGLE)).select(*names, SOURCE_POSITION))


def _is_single(key: Sequence[str], names: Sequence[str]) -> Column:
    """Whether all rows of a row's key are alike. Rows without a key have none in common, so each stands for itself."""
    of_key, row = Window.partitionBy(*key), F.xxhash64(*names)
    return (F.min(row).over(of_key) == F.max(row).over(of_key)) | reduce(or_, [F.col(name).isNull() for name in key])


def _content(key: Sequence[str], names: Sequence[str]) -> Column:
    """A hash of all rows that a batch has of a row's key, and of where they stood."""
    row = F.xxhash64(*names, SOURCE_POSITION).cast("decimal(38,0)")
    return F.sum(row).over(Window.partitionBy(*key)).cast("decimal(38,0)")


def _equal(names: Sequence[str]) -> Column:
    """Whether rows `new` and `known` are equal in some columns; null equals null."""
    return reduce(and_, [F.col(f"new.{n}").eqNullSafe(F.col(f"known.{n}")) for n in names])


def _latest_known(flow: Flow, rows: DataFrame, least: str | None) -> DataFrame:
    """For each key of this batch, the rows of the last batch in bronze that held it, from the least cursor on."""
    known, key = flow.rows_before(), flow.table.primary_key
    if cursor := _cursor(flow):
        # Rows without a cursor value belong to every window.
        start = F.lit(least).cast(known.schema[cursor].dataType)
        known = known.where((F.col(cursor) >= start) | F.col(cursor).isNull())
    else:
        # A row without a key may equal another.
        known = known.where(within(key[0], reach_of(flow, rows)) | F.col(key[0]).isNull())
    # Rows of other keys are left out before the sort: the table may be a thousand times the batch.
    known = known.alias("known").join(rows.select(*key).alias("new"), on=_equal(key), how="left_semi")
    newest = Window.partitionBy(*key).orderBy(F.desc(SEQUENCE))
    return known.withColumn("_age", F.rank().over(newest)).where(F.col("_age") == 1)
