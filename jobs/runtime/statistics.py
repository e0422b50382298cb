"""Decides which columns Delta keeps statistics of in a log: all that files are skipped by, and no closed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types as T

from jobs.runtime.commit import carried
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import read_position

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STATISTICS = "delta.dataSkippingStatsColumns"
INDEXED = "delta.dataSkippingNumIndexedCols"
# By default Delta keeps statistics of so many columns, the first. A key may come later, and the engine's columns do.
INDEXED_BY_DEFAULT = 32
# The types that Delta skips files by; it refuses to name columns of others, though it ignores them by itself.
SKIPPABLE = (T.NumericType, T.StringType, T.DateType, T.TimestampType)


def statistics_of(schema: T.StructType, closed: tuple[str, ...]) -> dict[str, str]:
    """The property that says which columns Delta keeps statistics of; none if its default is all of them.

    With closed columns it names the others, as far as their type has statistics.
    """
    if not closed:
        return {INDEXED: "-1"} if len(schema.fields) > INDEXED_BY_DEFAULT else {}
    named = [f.name for f in schema.fields if f.name not in closed and isinstance(f.dataType, SKIPPABLE)]
    return {STATISTICS: ",".join(f"`{name}`" for name in named)}


def keep_statistics(session: SparkSession, location: str, schema: T.StructType, closed: tuple[str, ...]) -> bool:
    """Make Delta keep statistics of an existing table's columns, but not of closed ones, from its next commit on.

    A table of an earlier release may lack the property, and one with a column that was classified since still names
    that column. Nothing is committed if the property is right already; otherwise the commit keeps the positions.
    Files keep the statistics that they have until they are rewritten.

    Args:
        session: The session that commits.
        location: The table's location.
        schema: The contract's columns. Delta refuses a property that names a column that the table lacks, and a write
            after which a named column is missing. So before columns are dropped only those that stay are named, and
            new ones once they have been added.
        closed: The closed columns; without any, nothing is done unless the table has more columns than the default.

    Returns:
        Whether it committed.
    """
    wanted = statistics_of(schema, closed)
    if not wanted:
        return False
    log = DeltaLog(session, location)
    if not log.exists:
        return False
    if closed:
        skippable = {f.name for f in schema.fields if isinstance(f.dataType, SKIPPABLE)}
        stored = T.StructType([f for f in log.schema.fields if f.name in skippable])
        wanted = statistics_of(stored, closed)
    [(name, value)] = wanted.items()
    current = log.property_of(name)
    if current is not None and set(current.split(",")) == set(value.split(",")):
        return False
    with carried(session, read_position(session, location)):
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{name}' = '{value}')")
    return True
