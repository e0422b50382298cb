"""Rows as Parquet files of some megabytes, one after the other: written by Spark's workers, passed on by the driver."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.row_groups import row_groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

# The most that a worker, and then the driver, holds at once. Snowflake advises files of 100 MB and more for bulk loads,
# which do not fit into the driver of a small job.
ROWS, BYTES = 200_000, 64 * 1024 * 1024


def parts(rows: DataFrame) -> Iterator[bytes]:
    """Yield the rows as complete Parquet files, none if there are no rows. Spark works while the caller sends them."""
    packed = rows.mapInArrow(_packed, "part binary")
    for row in packed.toLocalIterator(prefetchPartitions=True):
        yield bytes(row["part"])


def _packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield one row per file; runs in a worker."""
    for group in row_groups(batches, rows=ROWS, size=BYTES):
        file = io.BytesIO()
        pq.write_table(group, file)
        yield pa.RecordBatch.from_arrays([pa.array([file.getvalue()], pa.binary())], ["part"])
