"""Reads one landed file as rows, by its format; runs in Spark's workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.ingest.formats.delimited_rows import arrow_rows, record_rows
from jobs.ingest.formats.excel_rows import excel_records
from jobs.ingest.formats.json_rows import json_rows
from jobs.ingest.formats.landed_stream import copied, file_faults, open_texts
from jobs.ingest.formats.parquet_rows import parquet_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from jobs.ingest.landing import LandedFile

JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")


def rows_of_file(
    format_: str, file: LandedFile, encoding: str, columns: Sequence[str], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Read one landed file.

    Args:
        format_: `csv`, `json`, `excel` or `parquet`.
        file: The file as it was listed.
        encoding: The encoding of a text file.
        columns: The contract's columns.
        schema: The columns, then those of a Reading.

    Raises:
        SourceUnavailableError: the file has changed or gone, or S3 stopped answering.
        SourceContentError: it is not whole, or of another format.
        SchemaDriftError: its columns are not those of the contract.
        ContractError: there is no such encoding.
    """
    with file_faults(file.key):
        if format_ == "csv":
            for text in open_texts(file, encoding):
                yield from arrow_rows(text, columns, schema)
        elif format_ == "json":
            for text in open_texts(file, encoding, JSON_SUFFIXES):
                yield from json_rows(text, columns, schema)
        elif format_ == "excel":
            with copied(file) as path:
                yield from record_rows(excel_records(path, file.key), file.key, encoding, columns, schema)
        else:
            with copied(file) as path:
                yield from parquet_rows(path, file.key, columns, schema)
