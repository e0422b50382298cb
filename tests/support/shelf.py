"""A source that a test fills by hand, behind the reader's interface: a table with a cursor, or one read in full."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.ingest.reading import Reading
from jobs.ingest.reading_schema import reading_schema

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.jobs import Job

Row = tuple[Any, ...]


@dataclass
class Shelf:
    """The current rows, as business columns; `start` says where a window begins.

    Args:
        rows: The rows.
        malformed: Rows that cannot be read, as text and reason.
        error: What a reading raises instead of rows.
        overlap: How far windows overlap if the cursor is a number, instead of a lag.
        asked: The position that each run passed.
    """

    rows: list[Row] = field(default_factory=list)
    malformed: list[tuple[str, str]] = field(default_factory=list)
    error: Exception | None = None
    overlap: int = 5
    asked: dict[str, dict[str, Any] | None] = field(default_factory=dict)

    def __call__(self, spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading:
        self.asked[job.run_id] = position
        if self.error:
            raise self.error
        is_asked = self._in_backfill if job.window else self._since
        good = [
            (*row, f"row {i}", None, None, [])
            for i, row in enumerate(self.rows, 1)
            if is_asked(table, row, job.window or position)
        ]
        nothing = [None] * len(table.columns)
        bad = [(*nothing, "shelf", None, text, [reason]) for text, reason in self.malformed]
        return Reading(spark.createDataFrame([*good, *bad], reading_schema(table)).coalesce(1))

    def _in_backfill(self, table: Table, row: Row, window: Any) -> bool:
        value = row[table.column_names.index(table.source.cursor)]
        return value is not None and int(window.since) <= value < int(window.until)

    def _since(self, table: Table, row: Row, position: Any) -> bool:
        source = table.source
        if source is None or source.cursor is None or not position or position["cursor"] is None:
            return True
        value = row[table.column_names.index(source.cursor)]
        return value is None or value >= int(position["cursor"]) - self.overlap
