"""The simplest scripts that read what the readers read, as one would write them without everything else.

They keep no position, stage nothing, refuse nothing and do not drop known rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from pyspark.sql import functions as F
from pyspark.sql.avro.functions import from_avro
from snowflake import connector

from jobs.ingest.kafka.connection import KafkaConnection
from scripts.benching.sources_contracts import COLUMNS, DATABASE, SCHEMA
from scripts.benching.sources_filled import AVRO, FRAME

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from scripts.benching.sources_filled import FilledSources


def read_snowflake_plainly(_: SparkSession, sources: FilledSources, size: str, place: str) -> None:
    """Read with one cursor of the connector into one Parquet file."""
    statement = f"SELECT {', '.join(COLUMNS)} FROM {size}"
    with connector.connect(**sources.snowflake.secret, database=DATABASE, schema=SCHEMA) as connection:
        parts = connection.cursor().execute(statement).fetch_arrow_batches()
        first = next(parts)
        with pq.ParquetWriter(f"{place}.parquet", first.schema) as file:
            file.write_table(first)
            for part in parts:
                file.write_table(part)


def read_kafka_plainly(spark: SparkSession, sources: FilledSources, size: str, place: str) -> None:
    """Read with Spark's own source, decode by the only schema, and write to Delta."""
    connection = KafkaConnection.model_validate(sources.broker.secret).settings
    options = {f"kafka.{name}": value for name, value in connection.items()}
    records = spark.read.format("kafka").options(**options, subscribe=size).load()
    body = F.expr(f"substring(value, {len(FRAME) + 1})")
    things = records.select(from_avro(body, json.dumps(AVRO)).alias("thing")).select("thing.*")
    things.write.format("delta").save(place)


def read_files_plainly(spark: SparkSession, sources: FilledSources, size: str, place: str) -> None:
    """Read with Spark's CSV reader, every column as text, and write to Delta."""
    spark.read.csv(str(sources.landing / size), header=True).write.format("delta").save(place)
