"""What is behind the readers of files: each file is a part, read by one worker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from jobs.ingest.frame import business_columns
from jobs.ingest.worker_rows import WorkerRows
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import SparkSession

    from jobs.ingest.fetched import Tally
    from jobs.ingest.landing import LandedFile
    from shared.contracts import Source, Table

TEXT_FORMATS = ("csv", "json", "excel")
FORMATS = (*TEXT_FORMATS, "parquet")


@dataclass(frozen=True)
class FileToRead:
    """What a worker has to know of a landed file."""

    key: str
    location: str
    token: str


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
    parts = [FileToRead(f.key, f.location, f.token) for f in files]
    read = partial(_rows_of, format_=source.format, encoding=source.encoding)
    return WorkerRows(spark, table, lambda: (parts, 0), read)


def refuse_typed_columns(table: Table) -> None:
    """Hold a table against a source that gives text.

    Raises:
        ContractError: a column is not text.
    """
    if typed := [c.name for c in table.columns if c.type != "string"]:
        raise ContractError(
            f"{table.file.name}:1: a source of this kind holds text only",
            given=", ".join(typed),
            expected="physicalType: string",
            mend="give the columns their types in silver",
        )


def _rows_of(file: FileToRead, schema: pa.Schema, _: Tally, *, format_: str, encoding: str) -> Iterator[pa.RecordBatch]:
    """One file, in a worker; what it takes is known before."""
    # Loaded by the workers that read, not by the driver.
    from jobs.ingest.file_formats import rows_of_file  # noqa: PLC0415

    yield from rows_of_file(format_, file, encoding, business_columns(schema), schema)
