"""Decompresses the records that Glue's serializer compressed with zlib, for which Spark has no function."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.ingest.kafka.records import body, is_packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

BODY, FAULT = "_body", "_packed_fault"
IS_PACKED = "_is_packed"
COMPRESSED, INFLATE, TOO_LARGE = "COMPRESSED", "INFLATE", "TOO_LARGE"
# Sixteen times the largest record that a broker takes by default, and twice that of MSK Serverless; a few bytes of
# zlib can be made to expand to any size.
LARGEST = 16 * 2**20
# A batch is split as soon as its decompressed bodies hold this much.
BYTES_PER_BATCH = 2 * LARGEST


def unpacked(records: DataFrame, *, may_be_packed: bool) -> DataFrame:
    """Add the payload behind the frame of each record as `BODY`, and the reason why it has none as `FAULT`.

    Grain: one record in, one row out.

    Args:
        records: Those of `records_of`.
        may_be_packed: Whether records may be compressed. Only then do they pass through Python workers.
    """
    behind = records.withColumn(BODY, body())
    if not may_be_packed:
        return behind.withColumn(FAULT, F.when(is_packed(), COMPRESSED))
    marked = behind.withColumn(IS_PACKED, is_packed())
    schema = T.StructType([*behind.schema.fields, T.StructField(FAULT, T.StringType())])
    return marked.mapInArrow(_unpack, schema)


def _unpack(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Runs in Spark's workers."""
    for batch in batches:
        yield from _unpacked(batch)


def _unpacked(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    is_packed, bodies = batch.column(IS_PACKED).to_pylist(), batch.column(BODY)
    found: list[tuple[bytes | None, str | None]] = []
    since, held = 0, 0
    for i, packed in enumerate(is_packed):
        given = bodies[i].as_py()
        found.append(_inflated(given) if packed else (given, None))
        held += len(found[-1][0] or b"")
        if held >= BYTES_PER_BATCH:
            yield _with(batch.slice(since, len(found)), found)
            found, since, held = [], i + 1, 0
    yield _with(batch.slice(since), found)


def _with(rows: pa.RecordBatch, bodies: list[tuple[bytes | None, str | None]]) -> pa.RecordBatch:
    at = rows.schema.get_field_index(BODY)
    rows = rows.set_column(at, BODY, pa.array([body for body, _ in bodies], pa.binary()))
    return rows.drop_columns([IS_PACKED]).append_column(FAULT, pa.array([fault for _, fault in bodies], pa.string()))


def _inflated(packed: bytes) -> tuple[bytes | None, str | None]:
    """The decompressed body, or the reason why there is none: damaged, with bytes behind it, or too large."""
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(packed, LARGEST + 1)
    except zlib.error:
        return None, INFLATE
    if len(found) > LARGEST:
        return None, TOO_LARGE
    return (found, None) if stream.eof and not stream.unused_data else (None, INFLATE)
