"""Reads an object of Salesforce from its position on, deleted records included."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.ingest.reading import Reading, source_of
from jobs.ingest.salesforce.query import soql_window
from jobs.ingest.salesforce.rows import Query, finished_job, result_rows
from jobs.ingest.worker_rows import WorkerRows
from shared.contracts import SchemaContract
from shared.names import source_secret

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.jobs import Job


def read_salesforce(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading:
    """Query the records from the position on, or of a backfill's window; all records if the contract has no cursor.

    The query runs once, when the rows are staged; the caller takes the new position from them.

    Raises:
        ContractError: the cursor cannot be compared in Salesforce.
        WindowError: the bounds of the job's window are no timestamps.
    """
    source = source_of(table)
    condition = soql_window(table, source, position, job.window)
    query = Query(
        secret=source_secret(job.env, source.system),
        object=source.object,
        condition=condition,
        whole=source.schema_contract is not SchemaContract.DISCARD_VALUE,
        error_context=f"{source.system}, {source.object}, {condition or 'from its beginning'}",
    )
    return Reading(
        WorkerRows(spark, table, partial(finished_job, query, table.column_names), partial(result_rows, query))
    )
