"""Delta tables from contracts: their schema, their creation, their frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import types as T

from shared.contracts import Kind

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Table

# The log is kept long enough that an audit a month later can still follow every commit of a run.
PROPERTIES = {"delta.logRetentionDuration": "interval 60 days"}


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


def spark_type(text: str) -> T.DataType:
    """The Spark type a contract's `physicalType` names."""
    return T.DataType.fromDDL(text)


def ensure_table(session: SparkSession, location: str, schema: T.StructType, cluster_by: tuple[str, ...] = ()) -> None:
    """Create the table at a location if it is not there. Its commit carries no position, so the table stays empty."""
    builder = DeltaTable.createIfNotExists(session).location(location).addColumns(schema)
    for key, value in PROPERTIES.items():
        builder = builder.property(key, value)
    if cluster_by:
        builder = builder.clusterBy(*cluster_by)
    builder.execute()


def read_version(session: SparkSession, location: str, version: int) -> DataFrame:
    """The table's rows as of one version."""
    return session.read.format("delta").option("versionAsOf", version).load(location)
