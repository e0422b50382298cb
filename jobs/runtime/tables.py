"""Delta tables from contracts: their schema, their creation, their frames."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import types as T

from jobs.runtime.delta_log import CHANGE_FEED, DeltaLog
from jobs.runtime.jvm import files_at
from jobs.runtime.statistics import keep_no_statistics, without_statistics
from shared.contracts import Kind
from shared.retention import HISTORY_DAYS, LOG_DAYS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Table

# How long a version stays readable and VACUUM keeps its files. Delta takes it from this property; a command can only
# say zero hours.
FILE_RETENTION = "delta.deletedFileRetentionDuration"
PROPERTIES = {
    "delta.logRetentionDuration": f"interval {LOG_DAYS} days",
    FILE_RETENTION: f"interval {HISTORY_DAYS} days",
}


def spark_schema(table: Table) -> T.StructType:
    """The Delta schema of a table.

    Bronze keeps what the source said, so only what the engine adds is NOT NULL there; elsewhere the contract's
    `required` is.
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
    """The Spark type a contract's `physicalType` names. Spark's JVM parses it, so each text is asked for once."""
    return T.DataType.fromDDL(text)


def types_of(schema: T.StructType) -> dict[str, str]:
    """The type of each column, as a contract says it."""
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
    """Create the table at a location if it is not there, and add the columns it lacks.

    Its commits need carry no position: a new table stays empty, and on an older one the position behind them counts.

    Args:
        session: The batch's session.
        location: The table's place.
        schema: Its columns.
        cluster_by: What a new table is clustered by.
        closed: Columns that Delta keeps no statistics of, since those would put values into the table's log.
        needs_feed: Whether its commits write a change data feed from now on; a table that is there is altered.
    """
    log = DeltaLog(session, location)
    if not log.exists:
        _take_away_empty_log(session, location)
        feed = {CHANGE_FEED: "true"} if needs_feed else {}
        _create(session, location, schema, cluster_by, feed | without_statistics(schema, closed))
        return
    if missing := [f for f in schema.fields if f.name not in log.schema.names]:
        _add(session, location, missing)
    keep_no_statistics(session, location, schema, closed)
    if needs_feed and not log.has_feed:
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{CHANGE_FEED}' = 'true')")


def _take_away_empty_log(session: SparkSession, location: str) -> None:
    """Remove the folder of a log without a commit, as a disk that is full leaves it: Delta takes it for a table."""
    files, path = files_at(session, f"{location}/_delta_log")
    if not files.exists(path):
        return
    found = files.listFiles(path, True)  # noqa: FBT003 - Java's parameter has no name here
    while found.hasNext():
        # Files of a log have other names than those that were not finished.
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
    """Rows that are there have null in a column that is added, so it is nullable whatever the contract says."""
    columns = ", ".join(f"`{f.name}` {f.dataType.simpleString()} COMMENT {_text(f)}" for f in fields)
    session.sql(f"ALTER TABLE delta.`{location}` ADD COLUMNS ({columns})")


def relax(session: SparkSession, location: str, schema: T.StructType) -> None:
    """Let a column be null that the schema lets be null; Delta cannot make one NOT NULL that was not."""
    optional = {f.name for f in schema.fields if f.nullable}
    for field in DeltaLog(session, location).schema.fields:
        if not field.nullable and field.name in optional:
            session.sql(f"ALTER TABLE delta.`{location}` ALTER COLUMN `{field.name}` DROP NOT NULL")


def _text(field: T.StructField) -> str:
    words = str(field.metadata.get("comment", "")).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{words}'"


def replace_all(rows: DataFrame, location: str) -> None:
    """Put rows in the place of all others, and their columns in the place of the table's, in one commit."""
    rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(location)


def read_newest(session: SparkSession, location: str) -> DataFrame:
    """The table's rows as they are now."""
    return session.read.format("delta").load(location)


def read_version(session: SparkSession, location: str, version: int) -> DataFrame:
    """The table's rows as of one version."""
    return session.read.format("delta").option("versionAsOf", version).load(location)
