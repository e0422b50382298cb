"""What a batch cost its source: requests and bytes, counted where they are made and told in the run's outcome.

A data source of ours counts in Spark's workers, of which only rows come back. So each partition ends with a row that
holds nothing but its counts, and that the driver adds up and takes out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Observation
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pyspark.sql import DataFrame

REQUESTS, BYTES = "_fetched_requests", "_fetched_bytes"
COUNTS = (REQUESTS, BYTES)


@dataclass(frozen=True)
class Fetched:
    """What was asked of a source for one batch, and how much came; None where the source's client does not tell.

    `requests` are calls that a batch cannot do without: statements and parts of their results, files, HTTP requests.
    """

    requests: int | None = None
    bytes: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """What is known, by name."""
        known = {"requests": self.requests, "bytes": self.bytes}
        return {name: count for name, count in known.items() if count is not None}


@dataclass
class Tally:
    """Counts of one partition, which grow while it is read."""

    requests: int = 0
    bytes: int = 0


def rows_schema(schema: T.StructType) -> T.StructType:
    """A data source's schema without the columns of counts."""
    return T.StructType([field for field in schema if field.name not in COUNTS])


def with_counts(batches: Iterable[pa.RecordBatch], tally: Tally, rows: T.StructType) -> Iterator[pa.RecordBatch]:
    """The batches of a partition, then one row of its counts; runs in Spark's workers.

    Args:
        batches: What is read.
        tally: What grows while the batches are made.
        rows: The columns of the batches.
    """
    narrow = to_arrow_schema(rows)
    wide = pa.schema([*narrow, *(pa.field(name, pa.int64()) for name in COUNTS)])
    for batch in batches:
        nothing = pa.nulls(batch.num_rows, pa.int64())
        yield pa.RecordBatch.from_arrays([*batch.columns, nothing, nothing], schema=wide)
    empty = [pa.nulls(1, field.type) for field in narrow]
    yield pa.RecordBatch.from_arrays([*empty, pa.array([tally.requests]), pa.array([tally.bytes])], schema=wide)


def counts_schema() -> str:
    """The columns of counts, as Spark DDL."""
    return ", ".join(f"`{name}` bigint" for name in COUNTS)


def without_counts(frame: DataFrame) -> tuple[DataFrame, Callable[[], Fetched]]:
    """A frame without its rows and columns of counts, and what they add up to.

    Grain: one row in, one row out, but for the row of counts of each partition. The counts are those of the first
    action on the frame, and are known once it is over.
    """
    observation = Observation()
    seen = frame.observe(observation, *(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in COUNTS))

    def fetched() -> Fetched:
        return Fetched(*(int(observation.get.get(name) or 0) for name in COUNTS))

    return seen.where(F.col(REQUESTS).isNull()).drop(*COUNTS), fetched
