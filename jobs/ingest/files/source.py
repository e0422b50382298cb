"""The rows of landed files: each file is a part of WorkerRows, read by one worker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jobs.ingest.reading_schema import business_columns
from jobs.ingest.worker_rows import WorkerRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import SparkSession

    from jobs.ingest.landing import LandedFile
    from jobs.ingest.read_cost import Tally
    from shared.contracts import Source, Table


def file_rows(spark: SparkSession, table: Table, source: Source, files: Sequence[LandedFile]) -> WorkerRows:
    """The rows of landed files."""
    read = partial(_rows_of, format_=str(source.format), encoding=source.encoding)
    return WorkerRows(spark, table, lambda: (files, 0), read)


def _rows_of(file: LandedFile, schema: pa.Schema, _: Tally, *, format_: str, encoding: str) -> Iterator[pa.RecordBatch]:
    """Read one file, in a worker. The tally stays empty: the driver knows the cost from listing the files."""
    # Loaded by the workers that read, not by the driver.
    from jobs.ingest.formats.by_format import rows_of_file  # noqa: PLC0415

    yield from rows_of_file(format_, file, encoding, business_columns(schema), schema)
