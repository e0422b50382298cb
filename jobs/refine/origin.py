"""Where a row came from: the batch of the input that brought it, and its key there, so that it can be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.quarantine import ORIGIN
from jobs.runtime.tables import read_version
from shared.landed_columns import SEQUENCE, SOURCE_POSITION

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Table

# No text of a source holds it.
MARK = "\x1f"
# As in the quarantine, whose names a contract's column may have; none of those begins with an underscore.
FROM_BATCH, FROM_KEY = ORIGIN_COLUMNS = tuple(f"_{name}" for name in ORIGIN)


def input_rows(flow: Flow, source: Table, version: int) -> DataFrame:
    """The rows of the input, each with its key's hash behind its source position.

    A row-local query hands on `_sequence` and `_source_position` alone, so a column of its own would be lost.
    `origin` takes the two apart again.
    """
    return marked(read_version(flow.session, flow.location_of(source), version), source)


def marked(rows: DataFrame, source: Table) -> DataFrame:
    """Rows of an input with their key's hash behind their source position."""
    position = F.coalesce(SOURCE_POSITION, F.lit(""))
    key = F.xxhash64(*[F.col(k).cast("string") for k in source.primary_key])
    return rows.withColumn(SOURCE_POSITION, F.concat(position, F.lit(MARK), key.cast("string")))


def origin() -> dict[str, Column]:
    """The columns `_input_sequence` and `_input_key`, and the source position as it was."""
    return {
        FROM_BATCH: F.col(SEQUENCE),
        FROM_KEY: F.substring_index(SOURCE_POSITION, MARK, -1).try_cast("bigint"),
        SOURCE_POSITION: F.nullif(F.substring_index(SOURCE_POSITION, MARK, 1), F.lit("")),
    }


def as_held() -> list[Column]:
    """The columns of `origin`, but for the source position, by the names they have in the quarantine."""
    return [F.col(here).alias(there) for here, there in zip(ORIGIN_COLUMNS, ORIGIN, strict=True)]


def queried(table: Table, rows: DataFrame) -> DataFrame:
    """What the row-local query makes of rows of the input; the rows themselves without one."""
    if table.query is None:
        return rows
    rows.createOrReplaceTempView("batch")
    return rows.sparkSession.sql(table.query.sql)
