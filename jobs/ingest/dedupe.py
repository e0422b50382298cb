"""Drops the rows of a batch that say nothing new: those that bronze holds already, as windows may overlap."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.ingest.reading import RESCUED, SOURCE_POSITION
from jobs.runtime.tables import read_version
from shared.contracts import Disposition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame

    from jobs.runtime.flow import Flow


def drop_known_rows(flow: Flow, rows: DataFrame, least: str | None) -> DataFrame:
    """Keep the rows that differ from what bronze last received for their key; of a full snapshot keep all.

    Grain: one row in, at most one row out; equal rows become one, at the least of their source positions.

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
    names = [*flow.table.column_names, RESCUED]
    # Mostly no two rows share a key, and reading the keys alone is cheaper than reading rows.
    differ = any(_all_differ(rows, columns) for columns in (flow.table.primary_key, names))
    distinct = rows if differ else _distinct(rows, names)
    if flow.batch.before.version < 0:
        return distinct
    known = _latest_known(flow, rows, least)
    return distinct.alias("new").join(known.alias("known"), on=_equal(names), how="left_anti")


def _all_differ(rows: DataFrame, names: Sequence[str]) -> bool:
    """Whether no two rows are equal in some columns: then there are as many hashes as rows.

    That costs a fraction of grouping the rows by all their columns.
    """
    counts = rows.agg(F.count(F.lit(1)), F.count_distinct(F.xxhash64(*names))).first()
    return counts is not None and counts[0] == counts[1]


def _distinct(rows: DataFrame, names: list[str]) -> DataFrame:
    return rows.groupBy(*names).agg(F.min(SOURCE_POSITION).alias(SOURCE_POSITION))


def _equal(names: Sequence[str]) -> Column:
    """Whether rows `new` and `known` are equal in some columns; null equals null."""
    return reduce(and_, [F.col(f"new.{n}").eqNullSafe(F.col(f"known.{n}")) for n in names])


def _latest_known(flow: Flow, rows: DataFrame, least: str | None) -> DataFrame:
    """For each key of this batch, the rows of the last batch in bronze that held it, from the least cursor on."""
    known = read_version(flow.session, flow.location, flow.batch.before.version)
    cursor = flow.table.source.cursor if flow.table.source else None
    if cursor:
        # Rows without a cursor value belong to every window.
        start = F.lit(least).cast(known.schema[cursor].dataType)
        known = known.where((F.col(cursor) >= start) | F.col(cursor).isNull())
    # Rows of other keys are left out before the sort: the table may be a thousand times the batch.
    key = flow.table.primary_key
    known = known.alias("known").join(rows.select(*key).alias("new"), on=_equal(key), how="left_semi")
    newest = Window.partitionBy(*key).orderBy(F.desc("_sequence"))
    return known.withColumn("_age", F.rank().over(newest)).where(F.col("_age") == 1)
