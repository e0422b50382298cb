"""Commits that move no flow on: what upkeep does to a table, its positions carried on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from jobs.runtime.commit import carried
from jobs.runtime.position import read_position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.runtime.lease import Lease
    from jobs.runtime.position import TablePosition


@contextmanager
def carrying_on(
    session: SparkSession, location: str, lease: Lease, position: TablePosition | None = None
) -> Iterator[None]:
    """Let the commits made within carry the table's position on, so that its flows go on from where they stand.

    Args:
        session: The session that commits.
        location: The table's place.
        lease: The table's lease.
        position: Where the flows shall go on from, if not from where they stand.

    Raises:
        LeaseHeldError: the table's lease was lost before.
        PositionLostError: the table does not say where its flows stand.
    """
    position = position or read_position(session, location)
    lease.renew()
    with carried(session, position):
        yield


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
