"""Values as a relation: a plan prints its column by name, and never what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import DataFrame, SparkSession


def relation(session: SparkSession, column: str, values: Iterable[str]) -> DataFrame:
    """One row per value. It comes as Arrow: rows of Python start a Python worker in every job that reads them."""
    return session.createDataFrame(pa.table({column: pa.array(sorted(values), pa.string())}))
