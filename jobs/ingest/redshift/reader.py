"""Reads a table of Redshift from its position on: Redshift unloads the rows to files, which are then read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.ingest.read_cost import ReadCost
from jobs.ingest.reading import Reading
from jobs.ingest.reading_schema import business_columns, reading_schema
from jobs.ingest.redshift.connection import read_connection
from jobs.ingest.redshift.query import unload_query
from jobs.ingest.redshift.statement import run_statement
from jobs.ingest.redshift.unload import Unload, read_unload
from jobs.ingest.strict_cast import fit
from jobs.ingest.worker_errors import errors_to_driver
from jobs.runtime.json_columns import TIMESTAMP_FORMAT
from jobs.runtime.staging import remove_if_possible
from shared.errors import ContractError, SchemaDriftError
from shared.landed_columns import RESCUED
from shared.names import source_parameter, unload_location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import Column, DataFrame, SparkSession

    from shared.contracts import Table
    from shared.jobs import Job


def read_redshift(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading:
    """Unload the rows from the position on, or of a backfill's window, and read exactly the files of the manifest.

    The unload runs here, before anything is staged; its files stay until the batch is over. Each attempt writes to a
    place of its own.

    Raises:
        ContractError: the cursor cannot be compared in Redshift.
        WindowError: the job's window does not fit the cursor's type.
        SourceUnavailableError: Redshift or AWS did not answer, or the unload is not whole.
        SchemaDriftError: columns of the contract are missing, the cursor among them.
        SourceContentError: Redshift does not have the table, or not for this role.
        TerminalError: the parameter is missing or malformed, or a right is missing.
    """
    source = table.source
    if source is None or source.database is None:
        raise ContractError(f"{table.file.name}:1: the table has no source with a database")
    connection = read_connection(source_parameter(job.env, source.system))
    query = unload_query(table, source, position, job.window)
    error_context = f"{table.name}: {source.system}, {query.place}, from {query.since}"
    place = unload_location(job.lake_root, job.run_id, table.name, job.attempt)
    try:
        attempt = run_statement(
            connection, source.database, lambda attempt: query.unload(f"{place}/{attempt}", connection), error_context
        )
        unload = read_unload(f"{place}/{attempt}", error_context)
        cost = ReadCost(requests=attempt + 1 + len(unload.files), bytes=unload.bytes)
        return Reading(unloaded_rows(spark, table, unload, query.place), scratch=place, cost=lambda: cost)
    except Exception:
        remove_if_possible(spark, place)
        raise


def unloaded_rows(spark: SparkSession, table: Table, unload: Unload, place: str) -> DataFrame:
    """The rows of an unload's files, as `Reading.rows` wants them.

    Grain: one row of the files in, one row out. Columns the contract does not know are rescued as JSON. A row's
    `_source_position` is the table alone: its file differs from one unload to the next, so a row that was refused
    before would not be recognised by it.

    Raises:
        SchemaDriftError: columns of the contract are missing.
    """
    schema = cast("T.StructType", T.DataType.fromDDL(reading_schema(table)))
    if not unload.files:
        return spark.range(0).select(*[F.lit(None).cast(field.dataType).alias(field.name) for field in schema])
    rows = spark.read.parquet(*unload.files)
    found = {name.casefold(): name for name in rows.columns}
    if missing := [name for name in table.column_names if name.casefold() not in found]:
        raise SchemaDriftError(
            f"{table.name}: {place} lacks columns of the contract: {', '.join(missing)}",
            given=", ".join(rows.columns),
            expected=", ".join(table.column_names),
            mend="change the contract, or have the column back",
        )
    known = {name.casefold() for name in table.column_names}
    wanted = rows.select(
        *[F.col(_quoted(found[name.casefold()])).alias(name) for name in table.column_names],
        _rescued([name for folded, name in found.items() if folded not in known]).alias(RESCUED),
    )
    return wanted.mapInArrow(partial(_fitted, schema=to_arrow_schema(schema), place=place), schema)


def _fitted(batches: Iterator[pa.RecordBatch], schema: pa.Schema, place: str) -> Iterator[pa.RecordBatch]:
    """Give rows the contract's types, strictly; runs in Spark's workers."""
    with errors_to_driver():
        for batch in batches:
            rows = pa.Table.from_batches([batch])
            typed = fit(rows.select(business_columns(schema)), schema, place)
            rescued = rows.column(RESCUED)
            yield from typed.set_column(schema.get_field_index(RESCUED), schema.field(RESCUED), rescued).to_batches()


def _rescued(names: list[str]) -> Column:
    """Unknown columns that hold something, as JSON; null when none does."""
    if not names:
        return F.lit(None).cast("string")
    held = F.to_json(F.struct(*[F.col(_quoted(n)) for n in names]), {"timestampFormat": TIMESTAMP_FORMAT})
    return F.nullif(held, F.lit("{}"))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
