"""Commits that move no flow on: rows taken out, old files removed, positions carried on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from jobs.runtime.commit import USER_METADATA
from jobs.runtime.position import read_position
from jobs.runtime.tables import STATISTICS, without_statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.runtime.lease import Lease

RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"


@contextmanager
def carrying_on(session: SparkSession, location: str, lease: Lease) -> Iterator[None]:
    """Let the commits made within carry the table's position on, so that its flows go on from where they stand.

    Raises:
        LeaseHeldError: the table's lease was lost before.
        PositionLostError: the table does not say where its flows stand.
    """
    position = read_position(session, location)
    lease.check()
    session.conf.set(USER_METADATA, position.carried())
    try:
        yield
    finally:
        session.conf.unset(USER_METADATA)


def is_half_done(session: SparkSession, companion: str, location: str) -> bool:
    """Whether a companion has a batch that its table lacks: the run died between the two commits."""
    landed = read_position(session, location).flows
    beside = read_position(session, companion).flows
    # A companion's flow is named `<what> of <flow of the table>`.
    flows = {name.partition(" of ")[2]: int(position.inputs.get("batch", 0)) for name, position in beside.items()}
    return any(batch > (landed[flow].sequence if flow in landed else 0) for flow, batch in flows.items())


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


def remove_old_files(session: SparkSession, location: str) -> None:
    """Remove every file that the table's newest version does not name; older versions cannot be read any more.

    Delta asks for a week between the two, for readers and writers that are still at work on an old version. Writers
    are kept off by the lease; a reader of that very moment starts again.
    """
    session.conf.set(RETENTION_CHECK, "false")
    try:
        session.sql(f"VACUUM delta.`{location}` RETAIN 0 HOURS").collect()
    finally:
        session.conf.unset(RETENTION_CHECK)
