"""Reads a table of Snowflake from its position on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.ingest.reading import Reading, source_of
from jobs.ingest.snowflake.query import Statement, source_query
from jobs.ingest.worker_rows import WorkerRows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.jobs import Job


def read_snowflake(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading:
    """Query the rows from the position on, or of a backfill's window; all rows if the contract has no cursor.

    The query runs once, when the rows are staged; the caller takes the new position from them.

    Raises:
        ContractError: the cursor cannot be compared in Snowflake.
        WindowError: the job's window does not fit the cursor's type.
    """
    source = source_of(table)
    # The connector takes a second to import, and most processes that meet this module never need it.
    from jobs.ingest.snowflake.batches import run_query, typed_rows  # noqa: PLC0415

    query = source_query(table, source, position, job.window)
    error_context = f"{source.system}, {query.place}, from {query.since}"
    statement = Statement.of(source, job.env, query.statement, error_context)
    read = partial(typed_rows, error_context=statement.error_context, place=statement.place)
    return Reading(WorkerRows(spark, table, lambda: (run_query(statement), 1), read))
