"""How a person's rows leave a table without being written down anew in its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from jobs.runtime.tables import STATISTICS, without_statistics

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


def delete_matching(session: SparkSession, location: str, keys: DataFrame, condition: Column) -> None:
    """Delete the rows of a table that meet a condition with one of some keys.

    A MERGE and not a DELETE: the log keeps an operation's predicate, and a join's names columns alone.

    Args:
        session: The session that `keys` was built in.
        location: The table, `t` in the condition.
        keys: One row per key, `k` in the condition.
        condition: Which rows belong to which key.
    """
    merge = DeltaTable.forPath(session, location).alias("t").merge(keys.alias("k"), condition)
    merge.whenMatchedDelete().execute()


def keep_no_statistics(session: SparkSession, location: str, closed: tuple[str, ...]) -> None:
    """Let a table that was made before this was so have no statistics of closed columns either."""
    wanted = without_statistics(session.read.format("delta").load(location).schema, closed)
    [detail] = DeltaTable.forPath(session, location).detail().select("properties").collect()
    if wanted and STATISTICS not in detail["properties"]:
        told = wanted[STATISTICS]
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{STATISTICS}' = '{told}')")
