"""Figures of a table in Redshift, through the Data API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.ingest.redshift.connection import read_connection
from jobs.ingest.redshift.query import TIMESTAMP, quoted, quoted_place
from jobs.ingest.redshift.statement import few_rows
from jobs.ingest.sql_figures import Dialect, SqlFiguresReader
from shared.names import source_parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.contracts import Source
    from shared.jobs import Job

DIALECT = Dialect(
    quoted=quoted,
    timestamp=TIMESTAMP,
    timestamp_text="TO_CHAR({}, 'YYYY-MM-DD HH24:MI:SS.US')",
    timestamp_text_in_spark="date_format({}, 'yyyy-MM-dd HH:mm:ss.SSSSSS')",
)


class RedshiftFiguresReader(SqlFiguresReader):
    """The FiguresReader of Redshift."""

    dialect = DIALECT

    def place(self, source: Source) -> str:
        """The table in its schema; a statement runs in one database."""
        return quoted_place(source)

    def rows(self, source: Source, job: Job, statement: str, error_context: str) -> Sequence[Sequence[str | None]]:
        """The rows of a statement; raises as `run_statement` does."""
        connection = read_connection(source_parameter(job.env, source.system))
        return few_rows(connection, source.database or "", statement, error_context)
