"""Commits of upkeep, which change a table but keep the positions of its flows."""

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
    """Make the commits within the block carry the table's position, so that its flows continue from there.

    Args:
        session: The session that commits.
        location: The table's location.
        lease: The table's lease.
        position: The position to carry, if not the table's current one.

    Raises:
        LeaseHeldError: the table's lease was lost before.
        PositionLostError: the table's log does not say how far its inputs were read.
    """
    position = position or read_position(session, location)
    lease.renew()
    with carried(session, position):
        yield


def delete_matching(session: SparkSession, location: str, keys: DataFrame, condition: Column) -> None:
    """Delete the rows of a table that match one of the given keys.

    It is a MERGE, not a DELETE: the log records an operation's predicate, and that of a join names columns only.

    Args:
        session: The session that `keys` was built in.
        location: The table, `t` in the condition.
        keys: One row per key, `k` in the condition.
        condition: When a row matches a key.
    """
    merge = DeltaTable.forPath(session, location).alias("t").merge(keys.alias("k"), condition)
    merge.whenMatchedDelete().execute()
