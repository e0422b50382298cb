"""What a log must not tell of the rows of a table: the least and greatest values of closed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from jobs.runtime.tables import STATISTICS, without_statistics

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def keep_no_statistics(session: SparkSession, location: str, closed: tuple[str, ...]) -> None:
    """Let a table that was made before this was so have no statistics of closed columns either."""
    wanted = without_statistics(session.read.format("delta").load(location).schema, closed)
    [detail] = DeltaTable.forPath(session, location).detail().select("properties").collect()
    if wanted and STATISTICS not in detail["properties"]:
        told = wanted[STATISTICS]
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{STATISTICS}' = '{told}')")
