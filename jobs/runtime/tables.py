"""Delta tables from contracts: their schemas, creating and altering them, reading and replacing their rows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import types as T

from jobs.runtime.delta_log import CHANGE_FEED, DeltaLog
from jobs.runtime.jvm import files_at
from jobs.runtime.statistics import keep_statistics, statistics_of
from shared.contracts import Kind
from shared.retention import HISTORY_DAYS, LOG_DAYS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Table

# How long VACUUM keeps files that are out of use. Delta takes it from this property; a command can only set it to zero
# hours.
FILE_RETENTION = "delta.deletedFileRetentionDuration"
PROPERTIES = {
    "delta.logRetentionDuration": f"interval {LOG_DAYS} days",
    FILE_RETENTION: f"interval {HISTORY_DAYS} days",
}


def spark_schema(table: Table) -> T.StructType:
    """The Delta schema of a table.

    In bronze, which keeps rows as the source sent them, only the columns that the engine adds are NOT NULL; elsewhere
    those that the contract says are `required`.
    """
    landed = table.kind is Kind.INGESTED
    return T.StructType(
        [
            T.StructField(
                column.name,
                spark_type(column.type),
                nullable=not column.required or (landed and not column.name.startswith("_")),
                metadata={"comment": column.description},
            )
            for column in table.all_columns
        ]
    )


@cache
def spark_type(text: str) -> T.DataType:
    """The Spark type that a contract's `physicalType` names; cached, since Spark's JVM parses it."""
    return T.DataType.fromDDL(text)


def types_of(schema: T.StructType) -> dict[str, str]:
    """The type of each column, in the notation of contracts."""
    return {f.name: f.dataType.simpleString() for f in schema.fields}


def ensure_table(
    session: SparkSession,
    location: str,
    schema: T.StructType,
    cluster_by: tuple[str, ...] = (),
    closed: tuple[str, ...] = (),
    *,
    needs_feed: bool = False,
) -> None:
    """Create the table at a location if it does not exist, and add the columns that it lacks.

    These commits need not carry a position: a new table is empty, and in an existing one the position of an earlier
    commit counts.

    Args:
        session: The batch's session.
        location: The table's location.
        schema: Its columns.
        cluster_by: The columns that a new table is clustered by.
        closed: Columns that Delta keeps no statistics of, since those would put values into the table's log.
        needs_feed: Whether its commits write a change data feed from now on; an existing table is altered.
    """
    log = DeltaLog(session, location)
    if not log.exists:
        _remove_empty_log(session, location)
        feed = {CHANGE_FEED: "true"} if needs_feed else {}
        _create(session, location, schema, cluster_by, feed | statistics_of(schema, closed))
        return
    if missing := [f for f in schema.fields if f.name not in log.schema.names]:
        _add(session, location, missing)
    keep_statistics(session, location, schema, closed)
    if needs_feed and not log.has_feed:
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{CHANGE_FEED}' = 'true')")


def _remove_empty_log(session: SparkSession, location: str) -> None:
    """Remove the folder of a log without a commit, as a full disk leaves it: Delta would take it for a table."""
    files, path = files_at(session, f"{location}/_delta_log")
    if not files.exists(path):
        return
    found = files.listFiles(path, True)  # noqa: FBT003 - Java's parameter has no name here
    while found.hasNext():
        # Unfinished files have names that begin with a dot, unlike those of a log.
        if not found.next().getPath().getName().startswith("."):
            return
    files.delete(path, True)  # noqa: FBT003 - as above


def _create(
    session: SparkSession, location: str, schema: T.StructType, cluster_by: tuple[str, ...], own: dict[str, str]
) -> None:
    builder = DeltaTable.createIfNotExists(session).location(location).addColumns(schema)
    for key, value in {**PROPERTIES, **own}.items():
        builder = builder.property(key, value)
    if cluster_by:
        builder = builder.clusterBy(*cluster_by)
    builder.execute()


def _add(session: SparkSession, location: str, fields: list[T.StructField]) -> None:
    """Add columns to a table; they are nullable, whatever the contract says, since existing rows have null there."""
    columns = ", ".join(f"`{f.name}` {f.dataType.simpleString()} COMMENT {_text(f)}" for f in fields)
    session.sql(f"ALTER TABLE delta.`{location}` ADD COLUMNS ({columns})")


def relax(session: SparkSession, location: str, schema: T.StructType) -> None:
    """Drop NOT NULL from the columns that are nullable in the schema; Delta cannot add it to an existing column."""
    optional = {f.name for f in schema.fields if f.nullable}
    for field in DeltaLog(session, location).schema.fields:
        if not field.nullable and field.name in optional:
            session.sql(f"ALTER TABLE delta.`{location}` ALTER COLUMN `{field.name}` DROP NOT NULL")


def _text(field: T.StructField) -> str:
    words = str(field.metadata.get("comment", "")).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{words}'"


def replace_all(rows: DataFrame, location: str) -> None:
    """Replace all rows of a table, and its columns by theirs, in one commit."""
    rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(location)


def read_newest(session: SparkSession, location: str) -> DataFrame:
    """The table's rows as of its newest version."""
    return session.read.format("delta").load(location)


def read_version(session: SparkSession, location: str, version: int) -> DataFrame:
    """The table's rows as of one version."""
    return session.read.format("delta").option("versionAsOf", version).load(location)
