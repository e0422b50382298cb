"""Figures of a table in Snowflake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.ingest.snowflake.query import TIMESTAMP, Statement, quoted_place
from jobs.ingest.sql_figures import Dialect, SqlFiguresReader
from shared.snowflake import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.contracts import Source
    from shared.jobs import Job

DIALECT = Dialect(
    quoted=quoted,
    timestamp=TIMESTAMP,
    timestamp_text="CAST(DATE_PART(EPOCH_MICROSECOND, {}) AS VARCHAR)",
    timestamp_text_in_spark="CAST(unix_micros({}) AS STRING)",
)


class SnowflakeFiguresReader(SqlFiguresReader):
    """The FiguresReader of Snowflake."""

    dialect = DIALECT

    def place(self, source: Source) -> str:
        """The table in its database and schema."""
        return quoted_place(source)

    def rows(self, source: Source, job: Job, statement: str, error_context: str) -> Sequence[Sequence[str | None]]:
        """The rows of a statement; raises as `few_rows` does."""
        from jobs.ingest.snowflake.batches import few_rows  # noqa: PLC0415 - the connector takes a second to import

        return few_rows(Statement.of(source, job.env, statement, error_context))
