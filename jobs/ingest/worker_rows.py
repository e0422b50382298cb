"""Reads a source in Spark's workers, part by part, straight into the files of the staged batch.

Rows stay in Arrow from the source to the file: Spark's own writer would convert every row, which costs more than most
sources do. Only the files of tasks that succeeded are returned, so what a failed attempt wrote is never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.ingest.read_cost import ReadCost, Tally
from jobs.ingest.reading_schema import reading_schema
from jobs.ingest.worker_errors import error_from_worker, errors_to_driver
from jobs.runtime.staging import remove_if_possible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Table

    PartReader = Callable[[Any, pa.Schema, Tally], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class WorkerRows:
    """The rows of one table, not read yet: how to plan the parts, and how to read one.

    Args:
        session: The batch's session.
        table: The contract.
        plan: Runs in the driver: queries the source, and returns the parts of its answer with the number of requests
            that took. Parts are pickled for the workers, and hold no secret.
        read: Runs in a worker: reads one part as batches of the given schema, and counts the cost. It is pickled, too.
    """

    session: SparkSession
    table: Table
    plan: Callable[[], tuple[Sequence[Any], int]]
    read: PartReader

    def write(self, location: str) -> tuple[DataFrame, ReadCost]:
        """Read the source into files in a place, and return them as a frame.

        Returns:
            The rows, as `Reading.rows` wants them, and what they cost the source.

        Raises:
            LakewrightError: the source, or one of its parts, could not be read; the error names the table.
        """
        schema = reading_schema(self.table)
        try:
            written = self._write_parts(location, to_arrow_schema(cast("T.StructType", T.DataType.fromDDL(schema))))
        except Exception as error:
            remove_if_possible(self.session, location)
            known = error_from_worker(error, str(self.table.name))
            if known is None:
                raise
            raise known from error
        files = [file for file, _ in written if file]
        cost = ReadCost(sum(tally.requests for _, tally in written), sum(tally.bytes for _, tally in written))
        if not files:
            return self.session.createDataFrame([], schema), cost
        return self.session.read.schema(schema).parquet(*files), cost

    def _write_parts(self, location: str, schema: pa.Schema) -> list[tuple[str | None, Tally]]:
        with errors_to_driver():
            parts, requests = self.plan()
        planned: list[tuple[str | None, Tally]] = [(None, Tally(requests))]
        if not parts:
            return planned
        # Workers have a working folder of their own.
        place = location if "://" in location else Path(location).absolute().as_posix()
        work = partial(_write_part, read=self.read, schema=schema, place=place)
        return planned + self.session.sparkContext.parallelize(parts, len(parts)).map(work).collect()


def _write_part(part: object, read: PartReader, schema: pa.Schema, place: str) -> tuple[str | None, Tally]:
    """Read and write one part; runs in a worker.

    Returns:
        The file, None for a part without rows; and what reading the part cost.

    Raises:
        WorkerError: in place of a LakewrightError.
    """
    # Loaded by the workers that write, not by the driver that only plans.
    from jobs.ingest.parquet_writer import write_batches  # noqa: PLC0415

    tally = Tally()
    with errors_to_driver():
        return write_batches(read(part, schema, tally), schema, place), tally
