"""Reads an object of Salesforce from where it was left, deleted records included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.ingest.fetched import counts_schema, without_counts
from jobs.ingest.file_source import refuse_typed_columns
from jobs.ingest.frame import reading_schema
from jobs.ingest.reading import Reading
from jobs.ingest.salesforce_query import soql_window
from jobs.ingest.salesforce_source import FORMAT
from shared.contracts import SchemaContract
from shared.errors import ContractError
from shared.names import source_secret

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.jobs import Job


def read_salesforce(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading:
    """Ask for the records from the position on, or of a backfill's window; with no cursor in the contract, for all.

    The query runs once for the frame, as soon as an action on it is planned; how far it reached is for the caller
    to see from the rows.

    Raises:
        ContractError: a column is not text, or the cursor cannot be compared in Salesforce.
        WindowError: the job's window holds no timestamps.
    """
    source = table.source
    if source is None:
        raise ContractError(f"{table.file.name}:1: the table has no source")
    refuse_typed_columns(table)
    condition = soql_window(table, source, position, job.window)
    frame = (
        spark.read.format(FORMAT)
        .schema(f"{reading_schema(table)}, {counts_schema()}")
        .option("secret", source_secret(job.env, source.system))
        .option("object", source.object)
        .option("condition", condition)
        .option("whole", "false" if source.schema_contract is SchemaContract.DISCARD_VALUE else "true")
        .option("asked", f"{source.system}, {source.object}, {condition or 'from its beginning'}")
        .load()
    )
    rows, fetched = without_counts(frame)
    return Reading(rows, fetched=fetched)
