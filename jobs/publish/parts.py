"""Rows as Parquet files of some megabytes, one after the other: made by Spark's workers, passed on by the driver."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.row_groups import row_groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

# What a worker holds at once, and the driver after it. Snowflake advises files of 100 MB and more for bulk loads, which
# the driver of a small job has no room for.
ROWS, BYTES = 200_000, 64 * 1024 * 1024


def parts(rows: DataFrame) -> Iterator[bytes]:
    """The rows as whole Parquet files; none for no rows. Spark works while the caller sends."""
    packed = rows.mapInArrow(_packed, "part binary")
    for row in packed.toLocalIterator(prefetchPartitions=True):
        yield bytes(row["part"])


def _packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row per file; runs in a worker."""
    for group in row_groups(batches, rows=ROWS, size=BYTES):
        file = io.BytesIO()
        pq.write_table(group, file)
        yield pa.RecordBatch.from_arrays([pa.array([file.getvalue()], pa.binary())], ["part"])
