"""A row's origin, by which it can be read again: the batch of the input that it came with, and its key there."""

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

# Separates the two parts of a marked source position; it occurs in no source's text.
MARK = "\x1f"
# The quarantine's names with an underscore: a contract may have columns of those names, but none with an underscore.
FROM_BATCH, FROM_KEY = ORIGIN_COLUMNS = tuple(f"_{name}" for name in ORIGIN)


def input_rows(flow: Flow, source: Table, version: int) -> DataFrame:
    """The rows of the input at a version, each with the hash of its key appended to its source position.

    A row-local query passes on only `_sequence` and `_source_position`, so a separate column would be lost. `origin`
    splits the two again.
    """
    return marked(read_version(flow.session, flow.location_of(source), version), source)


def marked(rows: DataFrame, source: Table) -> DataFrame:
    """Rows of an input with the hash of their key appended to their source position."""
    position = F.coalesce(SOURCE_POSITION, F.lit(""))
    return rows.withColumn(SOURCE_POSITION, F.concat(position, F.lit(MARK), key_hash(source).cast("string")))


def key_hash(source: Table) -> Column:
    """The hash of the key of a row of an input, as the quarantine has it."""
    return F.xxhash64(*[F.col(k).cast("string") for k in source.primary_key])


def origin() -> dict[str, Column]:
    """The columns `_input_sequence` and `_input_key`, and the source position as the source had it."""
    return {
        FROM_BATCH: F.col(SEQUENCE),
        FROM_KEY: F.substring_index(SOURCE_POSITION, MARK, -1).try_cast("bigint"),
        SOURCE_POSITION: F.nullif(F.substring_index(SOURCE_POSITION, MARK, 1), F.lit("")),
    }


def as_held() -> list[Column]:
    """The columns of `origin` without the source position, under the names that they have in the quarantine."""
    return [F.col(column).alias(name) for column, name in zip(ORIGIN_COLUMNS, ORIGIN, strict=True)]


def queried(table: Table, rows: DataFrame) -> DataFrame:
    """The result of the row-local query on rows of the input; the rows themselves if there is no query."""
    if table.query is None:
        return rows
    rows.createOrReplaceTempView("batch")
    return rows.sparkSession.sql(table.query.sql)
