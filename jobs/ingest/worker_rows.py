"""Rows that Spark's workers read from a source, part by part, and write down where the batch is staged.

They stay in Arrow from the source to the file: Spark would take each row out of it to hand it to its own writer, which
costs more than most sources do. A file of a try that failed is told by nobody, so nobody reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.ingest.crossing import arrived, crossing
from jobs.ingest.fetched import Fetched, Tally
from jobs.ingest.frame import reading_schema
from jobs.runtime.staging import remove_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Table

    PartReader = Callable[[Any, pa.Schema, Tally], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class WorkerRows:
    """What one reader gives of one table.

    Args:
        session: The batch's session.
        table: The contract.
        plan: Asks the source, in the driver, for the parts of its answer, and says how many requests that took. A part
            is pickled on its way to a worker, and names no secret.
        read: Reads a part in a worker, as batches of the schema it is given, and counts what that took. It is pickled,
            too.
    """

    session: SparkSession
    table: Table
    plan: Callable[[], tuple[Sequence[Any], int]]
    read: PartReader

    def write(self, location: str) -> tuple[DataFrame, Fetched]:
        """Ask the source, have the answer written down in a place, and give it back as read from there.

        Returns:
            The rows, as `Reading.rows` wants them, and what they cost the source.

        Raises:
            LakewrightError: what the source, or one of its parts, went wrong with; it names the table.
        """
        schema = reading_schema(self.table)
        try:
            told = self._told(location, to_arrow_schema(cast("T.StructType", T.DataType.fromDDL(schema))))
        except Exception as error:
            remove_folder(self.session, location)
            known = arrived(error, str(self.table.name))
            if known is None:
                raise
            raise known from error
        files = [file for file, _ in told if file]
        fetched = Fetched(sum(cost.requests for _, cost in told), sum(cost.bytes for _, cost in told))
        if not files:
            return self.session.createDataFrame([], schema), fetched
        return self.session.read.schema(schema).parquet(*files), fetched

    def _told(self, location: str, schema: pa.Schema) -> list[tuple[str | None, Tally]]:
        with crossing():
            parts, requests = self.plan()
        asked: list[tuple[str | None, Tally]] = [(None, Tally(requests))]
        if not parts:
            return asked
        # Workers have a working folder of their own.
        place = location if "://" in location else Path(location).absolute().as_posix()
        work = partial(_written, read=self.read, schema=schema, place=place)
        return asked + self.session.sparkContext.parallelize(parts, len(parts)).map(work).collect()


def _written(part: object, read: PartReader, schema: pa.Schema, place: str) -> tuple[str | None, Tally]:
    """Read and write one part; runs in a worker.

    Returns:
        The file, None of a part without rows; and what the part cost.

    Raises:
        CrossingError: with a LakewrightError inside.
    """
    # Loaded by the workers that write, not by the driver that only plans.
    from jobs.ingest.written import write_batches  # noqa: PLC0415

    tally = Tally()
    with crossing():
        return write_batches(read(part, schema, tally), schema, place), tally
