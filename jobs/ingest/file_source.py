"""The Spark data source behind the readers of files: one partition per file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from jobs.ingest.crossing import crossing
from jobs.ingest.frame import READING_COLUMNS, reading_schema
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from jobs.ingest.landing import LandedFile
    from shared.contracts import Source, Table

FORMAT = "lakewright_files"
TEXT_FORMATS = ("csv", "json", "excel")
FORMATS = (*TEXT_FORMATS, "parquet")


@dataclass(frozen=True)
class FileToRead:
    """What a worker has to know of a landed file."""

    key: str
    location: str
    token: str


class FilePartition(InputPartition):
    """One file."""

    def __init__(self, file: FileToRead) -> None:
        super().__init__(None)
        self.file = file


class FileDataSource(DataSource):
    """Rows of files. Options: `files` (JSON list of FileToRead), `format` (one of FORMATS) and `encoding`."""

    @classmethod
    def name(cls) -> str:
        """The name of the format."""
        return FORMAT

    def reader(self, schema: StructType) -> DataSourceReader:
        """The reader of one frame, with the schema its caller gave."""
        return FileDataSourceReader(schema, dict(self.options))


class FileDataSourceReader(DataSourceReader):
    """Reads each file where Spark runs its task."""

    def __init__(self, schema: StructType, options: dict[str, str]) -> None:
        self.schema = schema
        self.options = options

    def partitions(self) -> list[InputPartition]:
        """One partition per file."""
        return [FilePartition(FileToRead(**file)) for file in json.loads(self.options["files"])]

    def read(self, partition: InputPartition | None) -> Iterator[pa.RecordBatch]:
        """Read one file.

        Raises:
            CrossingError: with SourceUnavailableError or a TerminalError inside.
        """
        if not isinstance(partition, FilePartition):
            return
        # Loaded by the workers that read, not by the processes that only plan.
        from pyspark.sql.pandas.types import to_arrow_schema  # noqa: PLC0415

        from jobs.ingest.file_formats import rows_of_file  # noqa: PLC0415

        columns = [name for name in self.schema.names if name not in READING_COLUMNS]
        options, schema = self.options, to_arrow_schema(self.schema)
        with crossing():
            yield from rows_of_file(options["format"], partition.file, options["encoding"], columns, schema)


def file_rows(spark: SparkSession, table: Table, source: Source, files: Sequence[LandedFile]) -> DataFrame:
    """The rows of landed files, as `Reading.rows` wants them.

    Raises:
        ContractError: the contract asks for another format, or for columns of another type than text where a file holds
            text only.
    """
    if source.format not in FORMATS:
        raise ContractError(
            f"{table.file.name}:1: files of this format cannot be read",
            given=str(source.format),
            expected=" or ".join(FORMATS),
        )
    if source.format in TEXT_FORMATS:
        refuse_typed_columns(table)
    wanted = [asdict(FileToRead(f.key, f.location, f.token)) for f in files]
    return (
        spark.read.format(FORMAT)
        .schema(reading_schema(table))
        .option("files", json.dumps(wanted))
        .option("format", source.format)
        .option("encoding", source.encoding)
        .load()
    )


def refuse_typed_columns(table: Table) -> None:
    """Hold a table against a source that gives text.

    Raises:
        ContractError: a column is not text.
    """
    if typed := [c.name for c in table.columns if c.type != "string"]:
        raise ContractError(
            f"{table.file.name}:1: a source of this kind holds text only",
            given=", ".join(typed),
            expected="physicalType: string",
            mend="give the columns their types in silver",
        )
