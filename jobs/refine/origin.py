"""Where a row came from: the batch of the input that brought it, and its key there, so that it can be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.quarantine import INPUT_KEY, INPUT_SEQUENCE
from jobs.runtime.tables import read_version

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Table

POSITION = "_source_position"
# No text of a source holds it.
MARK = "\x1f"


def input_rows(flow: Flow, source: Table, version: int) -> DataFrame:
    """The rows of the input, each with its key's hash behind its source position.

    A row-local query hands on `_sequence` and `_source_position` and nothing else of the input, so that is the way.
    """
    return marked(read_version(flow.session, flow.location_of(source), version), source)


def marked(rows: DataFrame, source: Table) -> DataFrame:
    """Rows of an input with their key's hash behind their source position."""
    key = F.xxhash64(*[F.col(k).cast("string") for k in source.primary_key])
    return rows.withColumn(POSITION, F.concat(F.coalesce(POSITION, F.lit("")), F.lit(MARK), key.cast("string")))


def origin() -> dict[str, Column]:
    """The columns `input_sequence` and `input_key`, and the source position as it was."""
    return {
        INPUT_SEQUENCE: F.col("_sequence"),
        INPUT_KEY: F.substring_index(POSITION, MARK, -1).try_cast("bigint"),
        POSITION: F.nullif(F.substring_index(POSITION, MARK, 1), F.lit("")),
    }


def queried(table: Table, rows: DataFrame) -> DataFrame:
    """What the row-local query makes of rows of the input; the rows themselves without one."""
    if table.query is None:
        return rows
    rows.createOrReplaceTempView("batch")
    return rows.sparkSession.sql(table.query.sql)
