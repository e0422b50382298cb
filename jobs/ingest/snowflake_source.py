"""The Spark data source behind the Snowflake reader: one query, whose result batches are the partitions."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.pandas.types import to_arrow_schema
from snowflake.connector import errors as snowflake_errors

from jobs.ingest.addresses import read_secret
from jobs.ingest.crossing import crossing
from jobs.ingest.snowflake_connection import Credentials, connected, meaning
from jobs.ingest.strict_cast import fit
from shared.errors import SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql.types import StructType
    from snowflake.connector.result_batch import ResultBatch

FORMAT = "lakewright_snowflake"
ROWS_PER_BATCH = 10_000


class ResultPartition(InputPartition):
    """One result batch: rows, or the signed address of rows, which a worker fetches without a login."""

    def __init__(self, batch: ResultBatch) -> None:
        super().__init__(None)
        self.pickled = pickle.dumps(batch)


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
        self.schema = schema
        self.options = options

    def partitions(self) -> list[InputPartition]:
        """Run the statement.

        Raises:
            CrossingError: with SourceUnavailableError, SourceContentError or TerminalError inside.
        """
        with crossing():
            credentials = Credentials.parse(read_secret(self.options["secret"]), self.options["secret"])
            try:
                return self._query(credentials)
            except snowflake_errors.Error as error:
                raise meaning(error, self.options["asked"]) from None

    def _query(self, credentials: Credentials) -> list[InputPartition]:
        session = connected(credentials, self.options["database"], self.options["schema"])
        with session as connection, connection.cursor() as cursor:
            cursor.execute(self.options["statement"])
            batches = cursor.get_result_batches()
            if batches is None:
                raise SourceUnavailableError(f"{self.options['asked']}: the answer came without its rows")
            return [ResultPartition(batch) for batch in batches if batch.rowcount]

    def read(self, partition: InputPartition | None) -> Iterator[pa.RecordBatch]:
        """Fetch one result batch and give its rows the contract's types."""
        if not isinstance(partition, ResultPartition):
            return
        with crossing():
            rows = self._fetch(pickle.loads(partition.pickled))  # noqa: S301 - what this class pickled
            typed = fit(rows, to_arrow_schema(self.schema), self.options["place"])
            yield from typed.to_batches(max_chunksize=ROWS_PER_BATCH)

    def _fetch(self, batch: ResultBatch) -> pa.Table:
        try:
            # Without the flag the connector turns decimals into floating numbers.
            rows = batch.to_arrow(number_to_decimal=True)
        except snowflake_errors.Error as error:
            raise meaning(error, self.options["asked"]) from None
        if rows is None or rows.num_rows != batch.rowcount:
            raise SourceUnavailableError(
                f"{self.options['asked']}: a part of the answer came short",
                given=f"{0 if rows is None else rows.num_rows} rows",
                expected=f"{batch.rowcount} rows",
            )
        return rows
