"""Reads a table of Snowflake from where it was left."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.ingest.reading import Reading, source_of
from jobs.ingest.snowflake_query import Statement, source_query
from jobs.ingest.worker_rows import WorkerRows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.jobs import Job


def read_snowflake(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading:
    """Ask for the rows from the position on, or of a backfill's window; with no cursor in the contract, for all.

    The query runs once, when the rows are staged; how far it reached is for the caller to see from them.

    Raises:
        ContractError: the cursor cannot be compared in Snowflake.
        WindowError: the job's window is none of the cursor's type.
    """
    source = source_of(table)
    # The connector takes a second to import, and most processes that meet this module never need it.
    from jobs.ingest.snowflake_batches import run_query, typed_rows  # noqa: PLC0415

    query = source_query(table, source, position, job.window)
    asked = f"{source.system}, {query.place}, from {query.since}"
    statement = Statement.of(source, job.env, query.statement, asked)
    read = partial(typed_rows, asked=statement.asked, place=statement.place)
    return Reading(WorkerRows(spark, table, lambda: (run_query(statement), 1), read))
