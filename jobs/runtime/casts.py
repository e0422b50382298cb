"""From a value as it was landed to the type that a refined column has; what does not fit is null."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from shared.moments import MOMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from shared.contracts import Column


def value_of(column: Column, rows: DataFrame) -> SparkColumn:
    """One column's value in clear, cast as it is refined, to be asked of rows of the input; null if it does not fit.

    Args:
        column: A column of a refined table without a row-local query.
        rows: The input's rows, in a session without ANSI mode.
    """
    value = F.expr(column.logic or f"`{column.name}`")
    [(_, type_)] = rows.select(value.alias(column.name)).dtypes
    return cast(value, type_, column)


def cast(value: SparkColumn, type_: str, column: Column) -> SparkColumn:
    """A value of a type as the contract's column has it before it is treated; null if it does not fit."""
    if column.format and type_ == "string" and column.clear_type == "timestamp":
        return F.try_to_timestamp(value, F.lit(column.format))
    if column.format and type_ == "string" and column.clear_type == "date":
        return F.try_to_timestamp(value, F.lit(column.format)).cast("date")
    fits = value.try_cast(column.clear_type)
    return F.when(is_day(value), fits) if type_ == "string" and column.clear_type in MOMENTS else fits


def is_day(text: SparkColumn) -> SparkColumn:
    """Whether a text begins as a date does. Spark takes 45321 for a year, and 12:34 for a time of this very day."""
    return text.rlike(r"^\s*[+-]?\d{4,7}-")
