"""Writes batches of rows as one Parquet file, in Spark's workers."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING
from uuid import uuid4

import pyarrow.parquet as pq

from jobs.ingest.landing import S3
from jobs.runtime.aws import aws_answers, open_file
from jobs.runtime.row_groups import row_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

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
    groups = row_groups(batches, rows=ROWS_PER_GROUP, size=BYTES_PER_GROUP)
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


def _opened(file: str) -> IO[bytes]:
    if file.startswith(S3):
        stream: IO[bytes] = open_file(file, "wb")
        return stream
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    return Path(file).open("wb")
