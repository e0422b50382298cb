"""Writes batches of rows as one Parquet file, in Spark's workers."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import smart_open

from jobs.ingest.landing import S3
from jobs.runtime.aws import aws_answers, client

if TYPE_CHECKING:
    from collections.abc import Iterator

# A worker holds one row group in memory.
ROWS_PER_GROUP = 128 * 1024
BYTES_PER_GROUP = 64 * 1024 * 1024


def write_batches(batches: Iterator[pa.RecordBatch], schema: pa.Schema, place: str) -> str | None:
    """Write batches into a new file; without rows none is made.

    Returns:
        The file, which is complete, or None.

    Raises:
        SourceUnavailableError: S3 did not answer.
        TerminalError: S3 refused.
    """
    groups = _groups(batches)
    first = next(groups, None)
    if first is None:
        return None
    file = f"{place}/{uuid4().hex}.parquet"
    # The staged batch is only ever scanned whole, so statistics would serve nobody.
    form = {"write_statistics": False, "store_decimal_as_integer": True}
    with aws_answers(file), _opened(file) as stream, pq.ParquetWriter(stream, schema, **form) as writer:
        for group in chain([first], groups):
            writer.write_table(group)
    return file


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= ROWS_PER_GROUP or size >= BYTES_PER_GROUP:
            yield pa.Table.from_batches(group)
            group, rows, size = [], 0, 0
    if rows:
        yield pa.Table.from_batches(group)


def _opened(file: str) -> IO[bytes]:
    if file.startswith(S3):
        stream: IO[bytes] = smart_open.open(file, "wb", transport_params={"client": client("s3")})
        return stream
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    return Path(file).open("wb")
