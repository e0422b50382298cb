"""The figures of a bronze table for a span of its cursor: the same ones that its source is asked for."""

from __future__ import annotations

from functools import reduce
from operator import and_, ge, le, lt
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.ingest.source_figures import BETWEEN, DIGITS, Figures
from jobs.runtime.json_columns import json_fields, lower_case_names
from jobs.runtime.relation import relation
from shared.contracts import Disposition
from shared.landed_columns import SEQUENCE

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.ingest.source_figures import CursorSpan, FiguresReader
    from jobs.reconcile.landed import Landed
    from shared.contracts import Table

HASH, AGE, COUNT, TEXTS = "_key_hash", "_age", "_count", "_texts"
SIGNS = {">=": ge, "<=": le, "<": lt}


def newest_rows(session: SparkSession, bronze: Landed) -> DataFrame:
    """Return the newest rows of each key that may be in the span.

    Grain: for each key, all its rows of the newest batch that has any; for full snapshots, the rows of the newest one.
    """
    rows, cursor = bronze.rows(session), bronze.source.cursor
    if bronze.table.disposition is Disposition.SNAPSHOT:
        return rows.where(F.col(SEQUENCE) == bronze.sequence)
    if cursor and bronze.start is not None:
        # A row that changes gets a greater cursor, so its versions from before the span are not needed.
        rows = rows.where(bronze.is_since_start(F.col(cursor)) | F.col(cursor).isNull())
    if bronze.sequence == 1:
        return rows
    by_key = Window.partitionBy(*bronze.table.primary_key).orderBy(F.desc(SEQUENCE))
    return rows.withColumn(AGE, F.rank().over(by_key)).where(F.col(AGE) == 1).drop(AGE)


def figures(
    rows: DataFrame, bronze: Landed, reader: FiguresReader, span: CursorSpan, moved: set[str] | None = None
) -> Figures:
    """Compute the figures of a span, without rows that the source has deleted.

    Args:
        rows: The rows that `newest_rows` gave.
        bronze: The table.
        reader: Reads the figures of the source; it defines how the source writes a key as text.
        span: The part of the cursor that is compared.
        moved: Hashes of keys that have left the span at the source since they were read.
    """
    table = bronze.table
    hashed, scales = _hash(table, reader), reader.summed(table)
    rows = rows.where(_is_within(bronze, span))
    if deleted := reader.deleted(table):
        rows = rows.where(f"NOT coalesce({deleted}, false)")
    keys = [hashed.alias(HASH)] if hashed is not None else [F.col(k) for k in table.primary_key]
    counted = rows.select(*keys, *scales).distinct()
    if moved:
        counted = counted.join(F.broadcast(relation(rows.sparkSession, HASH, moved)), on=HASH, how="left_anti")
    number = F.conv(F.substring(HASH, 1, DIGITS), 16, 10).cast("decimal(38,0)") if hashed is not None else F.lit(0)
    sums = [F.sum(F.col(name).try_cast(f"decimal(38,{scale})")).alias(name) for name, scale in scales.items()]
    [total] = counted.agg(F.count(F.lit(1)).alias(COUNT), F.sum(number).alias(HASH), *sums).collect()
    return Figures(
        rows=total[COUNT],
        keys=int(total[HASH] or 0) if hashed is not None else None,
        sums={name: total[name] for name in scales},
    )


def refused_figures(session: SparkSession, bronze: Landed, reader: FiguresReader, span: CursorSpan) -> Figures:
    """Count the quarantined rows of a span, and sum the absolute values of their columns.

    A row whose cursor cannot be read counts as one of the span. A sum is None if the value of any row cannot be read.
    """
    rows, cursor = bronze.refused_rows(session), bronze.source.cursor
    if rows is None:
        return Figures(rows=0)
    rows = rows.withColumn(TEXTS, lower_case_names(json_fields(F.col("row"))))
    if cursor:
        rows = rows.withColumn(cursor, _text(cursor))
        rows = rows.where(_is_within(bronze, span) | F.col(cursor).try_cast(bronze.cursor_type).isNull())
    measures = [F.count(F.lit(1)).alias(COUNT)]
    for name, scale in reader.summed(bronze.table).items():
        size = F.abs(_text(name).try_cast(f"decimal(38,{scale})"))
        is_unreadable = F.col(TEXTS).isNull() | (_text(name).isNotNull() & size.isNull())
        is_known = F.count_if(is_unreadable) == 0
        measures.append(F.when(is_known, F.try_sum(F.coalesce(size, F.lit(0)))).alias(name))
    [total] = rows.agg(*measures).collect()
    return Figures(rows=total[COUNT], sums={name: total[name] for name in reader.summed(bronze.table)})


def _text(name: str) -> Column:
    """The value of a column in a quarantined row, which is stored as JSON."""
    return F.try_element_at(TEXTS, F.lit(name))


def _is_within(bronze: Landed, span: CursorSpan) -> Column:
    """Whether a row's cursor lies in the span; always for a source without a cursor."""
    if bronze.source.cursor is None:
        return F.lit(True)
    value, type_ = F.col(bronze.source.cursor).try_cast(bronze.cursor_type), bronze.cursor_type
    conditions: list[Column] = [SIGNS[sign](value, F.lit(bound).cast(type_)) for sign, bound in span.bounds]
    return reduce(and_, conditions, F.lit(True))


def _hash(table: Table, reader: FiguresReader) -> Column | None:
    """The hash of a row's key, as the source computes it; None if the source writes a key column's type differently."""
    types = {c.name: c.type for c in table.columns}
    texts = [reader.key_text(name, types[name]) for name in table.primary_key]
    if None in texts:
        return None
    return F.md5(F.concat_ws(BETWEEN, *[F.expr(f"coalesce({text}, '')") for text in texts]))
