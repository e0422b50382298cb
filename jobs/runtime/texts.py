"""Columns as one text, to be kept or compared."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# Spark's own format stops at milliseconds, and two values that differ by less would be the same.
TIMESTAMP_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"


def as_json(*columns: str | Column) -> Column:
    """Columns as one JSON object that leaves out nothing, nulls included."""
    return F.to_json(F.struct(*columns), {"ignoreNullFields": "false", "timestampFormat": TIMESTAMP_FORMAT})
