"""Makes values a relation: a plan shows the name of its column, but never the values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import DataFrame, SparkSession


def relation(session: SparkSession, column: str, values: Iterable[str]) -> DataFrame:
    """A frame with one row per value, made from Arrow: Python rows would start a Python worker in each job."""
    return session.createDataFrame(pa.table({column: pa.array(sorted(values), pa.string())}))
