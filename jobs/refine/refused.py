"""The rows of a batch that go to the quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.origin import as_held
from jobs.refine.rules import FAILED, is_refused
from jobs.refine.typing import AS_GIVEN
from jobs.runtime.json_columns import as_json
from shared.landed_columns import SOURCE_POSITION

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table


RAW_ROW = "_row"


def raw_row() -> Column:
    """The values of a row before the cast as one text, if it is refused; null for a good row, which needs none."""
    return F.when(is_refused(), as_given())


def as_given() -> Column:
    """The values of a typed row before the cast as one text."""
    return as_json(f"{AS_GIVEN}.*")


def refused_rows(rows: DataFrame, table: Table) -> DataFrame:
    """The rows that fail a rule of severity `error`, with the columns that the quarantine expects.

    Grain: one row per refused row in and out.
    """
    return rows.where(is_refused()).select(
        F.col(FAILED).alias("rules"),
        F.col(SOURCE_POSITION).alias("source_position"),
        as_json(*table.primary_key).alias("row_key"),
        F.col(RAW_ROW).alias("row"),
        *as_held(),
    )
