"""The Spark data source behind the Salesforce reader: one query job, whose result is read page by page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from jobs.ingest.crossing import crossing
from jobs.ingest.fetched import Tally, rows_schema, with_counts
from jobs.ingest.frame import READING_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from pyspark.sql.types import StructType

FORMAT = "lakewright_salesforce"


class JobPartition(InputPartition):
    """A finished query job: a page is known only once the page before it is read, so its pages stay together.

    `requests` were made to get so far.
    """

    def __init__(self, id_: str, object_: str, rows: int, requests: int) -> None:
        super().__init__(None)
        self.job = (id_, object_, rows)
        self.requests = requests


class SalesforceDataSource(DataSource):
    """Records of one object.

    Options: `secret` (the name of the connection's secret, which planner and workers fetch by themselves), `object`,
    `condition` (SOQL), `whole` (JSON: ask for fields the contract does not know, too) and `asked` (system, object and
    position, for errors).
    """

    @classmethod
    def name(cls) -> str:
        """The name of the format."""
        return FORMAT

    def reader(self, schema: StructType) -> DataSourceReader:
        """The reader of one frame, with the schema its caller gave."""
        return SalesforceDataSourceReader(schema, dict(self.options))


class SalesforceDataSourceReader(DataSourceReader):
    """Runs the query when Spark plans the scan, and reads its result where Spark runs the task."""

    def __init__(self, schema: StructType, options: dict[str, str]) -> None:
        self.schema = rows_schema(schema)
        self.options = options
        self.columns = [name for name in self.schema.names if name not in READING_COLUMNS]

    def partitions(self) -> list[InputPartition]:
        """Run the query.

        Raises:
            CrossingError: with SourceUnavailableError or a TerminalError inside.
        """
        # Loaded by the workers that ask, not by the processes that only plan.
        from jobs.ingest.salesforce_bulk import run_query  # noqa: PLC0415
        from jobs.ingest.salesforce_rows import org_of  # noqa: PLC0415

        with crossing():
            options = self.options
            org, whole = org_of(options), json.loads(options["whole"])
            job = run_query(org, options["object"], self.columns, options["condition"], whole=whole)
        return [JobPartition(job.id, job.object, job.rows, org.requests)]

    def read(self, partition: InputPartition | None) -> Iterator[pa.RecordBatch]:
        """Read the result, then tell what that took.

        Raises:
            CrossingError: with SourceUnavailableError or a TerminalError inside.
        """
        if not isinstance(partition, JobPartition):
            return
        from jobs.ingest.salesforce_rows import result_rows  # noqa: PLC0415 - as above

        tally = Tally(partition.requests)
        with crossing():
            rows = result_rows(partition.job, self.columns, self.schema, self.options, tally)
            yield from with_counts(rows, tally, self.schema)
