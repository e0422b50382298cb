"""Casts a landed value to the type of a refined column; a value that does not fit becomes null."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from shared.contracts.numbers import FLOATING, is_integer, scale_of
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from shared.contracts import Column


def value_of(column: Column, rows: DataFrame) -> SparkColumn:
    """An expression over rows of the input: a refined column's value in clear, cast; null if it does not fit.

    Args:
        column: A column of a refined table without a row-local query.
        rows: The input's rows, in a session without ANSI mode.
    """
    value = F.expr(column.logic or f"`{column.name}`")
    [(_, type_)] = rows.select(value.alias(column.name)).dtypes
    return cast(value, type_, column)


def cast(value: SparkColumn, type_: str, column: Column) -> SparkColumn:
    """Cast a value of type `type_` to the type that a column has before its treatment; null if it does not fit."""
    if column.format and type_ == "string" and column.clear_type == "timestamp":
        return F.try_to_timestamp(value, F.lit(column.format))
    if column.format and type_ == "string" and column.clear_type == "date":
        return F.try_to_timestamp(value, F.lit(column.format)).cast("date")
    fits = value.try_cast(column.clear_type)
    if type_ == "string":
        return F.when(is_day(value), fits) if column.clear_type in MOMENTS else fits
    # Spark would cut off a fraction, though it refuses one in a text.
    return F.when(value == F.floor(value), fits) if _is_cut(type_, column.clear_type) else fits


def _is_cut(type_: str, to: str) -> bool:
    """Whether a number that may have a fraction is cast to an integer."""
    return (type_ in FLOATING or bool(scale_of(type_))) and is_integer(to)


def is_day(text: SparkColumn) -> SparkColumn:
    """Whether a text begins like a date. Spark would read 45321 as a year, and 12:34 as a time today."""
    return text.rlike(r"^\s*[+-]?\d{4,7}-")
