"""The Spark data source behind the Snowflake reader: one query, whose result batches are the partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from jobs.ingest.crossing import crossing
from jobs.ingest.fetched import Tally, rows_schema, with_counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from pyspark.sql.types import StructType

FORMAT = "lakewright_snowflake"


class ResultPartition(InputPartition):
    """A share of result batches, pickled: rows, or signed addresses of rows, which a worker fetches without a login.

    An answer without rows has none. `requests` were made to get so far.
    """

    def __init__(self, pickled: bytes | None, requests: int) -> None:
        super().__init__(None)
        self.pickled = pickled
        self.requests = requests


class SnowflakeDataSource(DataSource):
    """Rows of one statement.

    Options: `secret` (the name of the connection's secret, which the planner fetches by itself), `database` and
    `schema` of the session, `statement`, `place` (the table, for `_source_position`) and `asked` (system, place and
    position, for errors).
    """

    @classmethod
    def name(cls) -> str:
        """The name of the format."""
        return FORMAT

    def reader(self, schema: StructType) -> DataSourceReader:
        """The reader of one frame, with the schema its caller gave."""
        return SnowflakeDataSourceReader(schema, dict(self.options))


class SnowflakeDataSourceReader(DataSourceReader):
    """Runs the statement when Spark plans the scan, and fetches its batches where Spark runs the tasks."""

    def __init__(self, schema: StructType, options: dict[str, str]) -> None:
        self.schema = rows_schema(schema)
        self.options = options

    def partitions(self) -> list[InputPartition]:
        """Run the statement; the first share of its result batches tells of it.

        Raises:
            CrossingError: with SourceUnavailableError or a TerminalError inside.
        """
        # The connector takes a second to import, and several processes meet this module that never need it.
        from jobs.ingest.snowflake_batches import run_query  # noqa: PLC0415

        with crossing():
            shares: list[bytes | None] = [*run_query(self.options)]
        first, *others = shares or [None]
        return [ResultPartition(first, requests=1), *(ResultPartition(share, requests=0) for share in others)]

    def read(self, partition: InputPartition | None) -> Iterator[pa.RecordBatch]:
        """Fetch one share of result batches and give its rows the contract's types, then tell what that took.

        Raises:
            CrossingError: with SourceUnavailableError or SchemaDriftError inside.
        """
        if not isinstance(partition, ResultPartition):
            return
        from jobs.ingest.snowflake_batches import typed_rows  # noqa: PLC0415 - as above

        tally, share = Tally(partition.requests), partition.pickled
        with crossing():
            rows = typed_rows(share, self.schema, self.options, tally) if share else ()
            yield from with_counts(rows, tally, self.schema)
