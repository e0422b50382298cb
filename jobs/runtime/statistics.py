"""What a log must not tell of the rows of a table: the least and greatest values of closed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types as T

from jobs.runtime.commit import carried
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import read_position

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STATISTICS = "delta.dataSkippingStatsColumns"
# The types Delta skips files by; it refuses others by name, though it passes over them by itself.
SKIPPABLE = (T.NumericType, T.StringType, T.DateType, T.TimestampType)


def without_statistics(schema: T.StructType, closed: tuple[str, ...]) -> dict[str, str]:
    """The property that names the columns Delta keeps statistics of: those of a type that has some, but the closed."""
    told = [f.name for f in schema.fields if f.name not in closed and isinstance(f.dataType, SKIPPABLE)]
    return {STATISTICS: ",".join(f"`{name}`" for name in told)} if closed else {}


def keep_no_statistics(session: SparkSession, location: str, schema: T.StructType, closed: tuple[str, ...]) -> bool:
    """Let a table that is there have no statistics of closed columns: from now on, its next commit included.

    A table that was made before this was so says nothing of them, and one of which a column was classified since names
    that one too. Nothing is committed where the table says the right thing already; a commit carries positions on.

    Args:
        session: The session that commits.
        location: The table's place.
        schema: The columns by the contract. Delta takes no name that the table lacks, and writes no table that lacks a
            name: so before columns go, those that stay are named, and once others have come, those too.
        closed: The closed ones; without any nothing is done.

    Returns:
        Whether it committed.
    """
    if not closed:
        return False
    log = DeltaLog(session, location)
    if not log.exists:
        return False
    told = {f.name for f in schema.fields if isinstance(f.dataType, SKIPPABLE)}
    there = T.StructType([f for f in log.schema.fields if f.name in told])
    wanted, said = without_statistics(there, closed)[STATISTICS], log.property_of(STATISTICS)
    if said is not None and set(said.split(",")) == set(wanted.split(",")):
        return False
    with carried(session, read_position(session, location)):
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{STATISTICS}' = '{wanted}')")
    return True
