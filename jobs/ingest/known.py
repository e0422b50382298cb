"""What bronze holds already: the rows of a batch that say nothing new are left out."""

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


def unknown(flow: Flow, rows: DataFrame, least: str | None) -> DataFrame:
    """The rows to append: a full snapshot whole, else those that differ from the latest known row of their key.

    Grain: one row per distinct row; the very same row sent twice is one row, at the least of its positions.

    Args:
        flow: The table's flow.
        rows: The batch's rows that could be read.
        least: The least cursor among them, as text; None without a cursor.
    """
    if flow.table.disposition is Disposition.SNAPSHOT:
        return rows
    names = [*flow.table.column_names, RESCUED]
    # As a rule no two rows have one key, and a key is read for less than a row.
    differ = any(_all_differ(rows, columns) for columns in (flow.table.primary_key, names))
    once = rows if differ else _once(rows, names)
    if flow.batch.before.version < 0:
        return once
    known = _latest_known(flow, rows, least)
    return once.alias("new").join(known.alias("known"), on=_alike(names), how="left_anti")


def _all_differ(rows: DataFrame, names: Sequence[str]) -> bool:
    """Whether no two rows are alike in some columns: what is alike has one hash, so as many hashes as rows say so.

    That costs a fraction of what grouping the rows by all their columns does.
    """
    counts = rows.agg(F.count(F.lit(1)), F.count_distinct(F.xxhash64(*names))).first()
    return counts is not None and counts[0] == counts[1]


def _once(rows: DataFrame, names: list[str]) -> DataFrame:
    return rows.groupBy(*names).agg(F.min(SOURCE_POSITION).alias(SOURCE_POSITION))


def _alike(names: Sequence[str]) -> Column:
    """Whether rows `new` and `known` are alike in some columns, nulls too."""
    return reduce(and_, [F.col(f"new.{n}").eqNullSafe(F.col(f"known.{n}")) for n in names])


def _latest_known(flow: Flow, rows: DataFrame, least: str | None) -> DataFrame:
    """What the last batch that held a key of the present one said of it, as far back as that reaches."""
    known = read_version(flow.session, flow.location, flow.batch.before.version)
    cursor = flow.table.source.cursor if flow.table.source else None
    if cursor:
        # Rows without a cursor value belong to every window.
        start = F.lit(least).cast(known.schema[cursor].dataType)
        known = known.where((F.col(cursor) >= start) | F.col(cursor).isNull())
    # What other keys have is not sorted: the table may be a thousand times the batch.
    key = flow.table.primary_key
    known = known.alias("known").join(rows.select(*key).alias("new"), on=_alike(key), how="left_semi")
    newest = Window.partitionBy(*key).orderBy(F.desc("_sequence"))
    return known.withColumn("_age", F.rank().over(newest)).where(F.col("_age") == 1)
