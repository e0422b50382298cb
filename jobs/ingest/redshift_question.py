"""Asks Redshift for the figures of a table, through the Data API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.ingest.redshift_connection import read_connection
from jobs.ingest.redshift_query import TIMESTAMP, quoted, quoted_place
from jobs.ingest.redshift_statement import few_rows
from jobs.ingest.sql_question import Dialect, SqlAsker
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


class RedshiftAsker(SqlAsker):
    """Asks one table of Redshift."""

    dialect = DIALECT

    def place(self, source: Source) -> str:
        """The table in its schema; a statement is run in one database."""
        return quoted_place(source)

    def rows(self, source: Source, job: Job, statement: str, asked: str) -> Sequence[Sequence[str | None]]:
        """The rows of a statement; raises as `run_statement` does."""
        connection = read_connection(source_parameter(job.env, source.system))
        return few_rows(connection, source.database or "", statement, asked)
