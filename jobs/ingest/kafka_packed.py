"""Unpacks the records that Glue's serializer compressed: by zlib, for which Spark has no function."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.ingest.kafka_records import body, is_packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

BODY, FAULT = "_body", "_packed_fault"
IS_PACKED = "_is_packed"
COMPRESSED, INFLATE, TOO_LARGE = "COMPRESSED", "INFLATE", "TOO_LARGE"
# Sixteen times the largest record that a broker takes by default, and twice that of MSK Serverless; a few bytes of
# zlib could be made to fill any memory.
LARGEST = 16 * 2**20
# Rows are handed on whenever their bodies hold this much, however many came at once.
HANDED_ON = 2 * LARGEST


def unpacked(records: DataFrame, *, may_be_packed: bool) -> DataFrame:
    """Add what is behind the frame of each record as `BODY`, and why a compressed one has nothing as `FAULT`.

    Grain: one record in, one row out.

    Args:
        records: Those of kafka_records.
        may_be_packed: Whether records may be compressed. Only then do they pass through Python.
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
    told: list[tuple[bytes | None, str | None]] = []
    since, held = 0, 0
    for i, packed in enumerate(is_packed):
        given = bodies[i].as_py()
        told.append(_inflated(given) if packed else (given, None))
        held += len(told[-1][0] or b"")
        if held >= HANDED_ON:
            yield _with(batch.slice(since, len(told)), told)
            told, since, held = [], i + 1, 0
    yield _with(batch.slice(since), told)


def _with(rows: pa.RecordBatch, told: list[tuple[bytes | None, str | None]]) -> pa.RecordBatch:
    at = rows.schema.get_field_index(BODY)
    rows = rows.set_column(at, BODY, pa.array([found for found, _ in told], pa.binary()))
    return rows.drop_columns([IS_PACKED]).append_column(FAULT, pa.array([fault for _, fault in told], pa.string()))


def _inflated(packed: bytes) -> tuple[bytes | None, str | None]:
    """What zlib packed, all of it and nothing behind it; or why there is none."""
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(packed, LARGEST + 1)
    except zlib.error:
        return None, INFLATE
    if len(found) > LARGEST:
        return None, TOO_LARGE
    return (found, None) if stream.eof and not stream.unused_data else (None, INFLATE)
