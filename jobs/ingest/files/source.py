"""The rows of landed files: each file is a part of WorkerRows, read by one worker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jobs.ingest.reading_schema import business_columns, refuse_typed_columns
from jobs.ingest.worker_rows import WorkerRows
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import SparkSession

    from jobs.ingest.landing import LandedFile
    from jobs.ingest.read_cost import Tally
    from shared.contracts import Source, Table

TEXT_FORMATS = ("csv", "json", "excel")
FORMATS = (*TEXT_FORMATS, "parquet")


def file_rows(spark: SparkSession, table: Table, source: Source, files: Sequence[LandedFile]) -> WorkerRows:
    """The rows of landed files.

    Raises:
        ContractError: the contract asks for another format, or for columns of another type than text where a file holds
            text only.
    """
    if source.format not in FORMATS:
        raise ContractError(
            f"{table.file.name}:1: files of this format cannot be read",
            given=str(source.format),
            expected=" or ".join(FORMATS),
        )
    if source.format in TEXT_FORMATS:
        refuse_typed_columns(table)
    read = partial(_rows_of, format_=source.format, encoding=source.encoding)
    return WorkerRows(spark, table, lambda: (files, 0), read)


def _rows_of(file: LandedFile, schema: pa.Schema, _: Tally, *, format_: str, encoding: str) -> Iterator[pa.RecordBatch]:
    """Read one file, in a worker. The tally stays empty: the driver knows the cost from listing the files."""
    # Loaded by the workers that read, not by the driver.
    from jobs.ingest.formats.by_format import rows_of_file  # noqa: PLC0415

    yield from rows_of_file(format_, file, encoding, business_columns(schema), schema)
