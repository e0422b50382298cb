"""Rows as Parquet files of some megabytes, one after the other: made by Spark's workers, passed on by the driver."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

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
    for gathered in _gathered(batches):
        file = io.BytesIO()
        pq.write_table(pa.Table.from_batches(gathered), file)
        yield pa.RecordBatch.from_arrays([pa.array([file.getvalue()], pa.binary())], ["part"])


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        held.append(batch)
        if sum(b.num_rows for b in held) >= ROWS or sum(b.nbytes for b in held) >= BYTES:
            yield held
            held = []
    if held:
        yield held
