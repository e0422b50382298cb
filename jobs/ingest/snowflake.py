"""Reads a table of Snowflake from where it was left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.ingest.fetched import counts_schema, without_counts
from jobs.ingest.frame import reading_schema
from jobs.ingest.reading import Reading
from jobs.ingest.snowflake_query import source_query
from jobs.ingest.snowflake_source import FORMAT
from shared.errors import ContractError
from shared.names import source_secret

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.jobs import Job


def read_snowflake(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading:
    """Ask for the rows from the position on, or of a backfill's window; with no cursor in the contract, for all.

    The query runs once for the frame, as soon as an action on it is planned; how far it reached is for the caller
    to see from the rows.

    Raises:
        ContractError: the cursor cannot be compared in Snowflake.
        WindowError: the job's window is none of the cursor's type.
    """
    source = table.source
    if source is None:
        raise ContractError(f"{table.file.name}:1: the table has no source")
    query = source_query(table, source, position, job.window)
    frame = (
        spark.read.format(FORMAT)
        .schema(f"{reading_schema(table)}, {counts_schema()}")
        .option("secret", source_secret(job.env, source.system))
        .option("database", source.database or "")
        .option("schema", source.schema or "")
        .option("statement", query.statement)
        .option("place", query.place)
        .option("asked", f"{source.system}, {query.place}, from {query.since}")
        .load()
    )
    rows, fetched = without_counts(frame)
    return Reading(rows, fetched=fetched)
