"""Keeps the least and greatest values of closed columns out of a table's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types as T

from jobs.runtime.commit import carried
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import read_position

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STATISTICS = "delta.dataSkippingStatsColumns"
# The types that Delta skips files by; it refuses to name columns of others, though it ignores them by itself.
SKIPPABLE = (T.NumericType, T.StringType, T.DateType, T.TimestampType)


def without_statistics(schema: T.StructType, closed: tuple[str, ...]) -> dict[str, str]:
    """The property that names the columns Delta keeps statistics of: all of a type with statistics that are not closed.

    Without closed columns there is no property.
    """
    named = [f.name for f in schema.fields if f.name not in closed and isinstance(f.dataType, SKIPPABLE)]
    return {STATISTICS: ",".join(f"`{name}`" for name in named)} if closed else {}


def keep_no_statistics(session: SparkSession, location: str, schema: T.StructType, closed: tuple[str, ...]) -> bool:
    """Make Delta keep no statistics of an existing table's closed columns from its next commit on.

    A table of an earlier release may lack the property, and one with a column that was classified since still names
    that column. Nothing is committed if the property is right already; otherwise the commit keeps the positions.

    Args:
        session: The session that commits.
        location: The table's location.
        schema: The contract's columns. Delta refuses a property that names a column that the table lacks, and a write
            after which a named column is missing. So before columns are dropped only those that stay are named, and
            new ones once they have been added.
        closed: The closed columns; without any nothing is done.

    Returns:
        Whether it committed.
    """
    if not closed:
        return False
    log = DeltaLog(session, location)
    if not log.exists:
        return False
    skippable = {f.name for f in schema.fields if isinstance(f.dataType, SKIPPABLE)}
    stored = T.StructType([f for f in log.schema.fields if f.name in skippable])
    wanted, current = without_statistics(stored, closed)[STATISTICS], log.property_of(STATISTICS)
    if current is not None and set(current.split(",")) == set(wanted.split(",")):
        return False
    with carried(session, read_position(session, location)):
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{STATISTICS}' = '{wanted}')")
    return True
