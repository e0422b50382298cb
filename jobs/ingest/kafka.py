"""Reads a topic of Kafka on from where it was left: each record once, by its offset."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F

from jobs.ingest.fetched import Fetched
from jobs.ingest.frame import reading_schema
from jobs.ingest.kafka_broker import held_offsets, meaning
from jobs.ingest.kafka_connection import read_connection
from jobs.ingest.kafka_offsets import plan
from jobs.ingest.kafka_payload import rows_of
from jobs.ingest.kafka_records import BYTES, bytes_of_records, records_of
from jobs.ingest.kafka_schemas import writers_of
from jobs.ingest.kafka_tokens import find_token
from jobs.ingest.reading import REASONS, SOURCE_POSITION, Reading, source_of
from shared.errors import LakewrightError
from shared.names import source_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame, SparkSession

    from jobs.ingest.kafka_offsets import Ranges
    from shared.contracts import Table
    from shared.jobs import Job

LOST = "LOST"


def read_kafka(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading | None:
    """Read the records that came since the position; None when there are none.

    The broker is asked which offsets it holds, and exactly those past the position are read, so that a batch that
    has to be read again is the same batch.

    Raises:
        SourceUnavailableError: Kafka, Secrets Manager, SSM or the place of the schemas did not answer.
        SourceContentError: the topic is not there, or records were removed before they were read.
        TerminalError: there is no connection, or the login was refused.
    """
    source = source_of(table)
    connection, topic = read_connection(job.env, source.system), source.object
    settings, asked = connection.settings, f"{source.system}, topic {topic}"
    if connection.oauth:
        # Kafka's client says the same of a login that is refused and of an endpoint that is away.
        find_token(connection.oauth, asked, source_secret(job.env, source.system))
    held = held_offsets(spark, settings, topic, asked)
    ranges = plan(held, position, fail_on_data_loss=source.fail_on_data_loss, table=str(table.name))
    if ranges.is_empty:
        return None
    told = partial(meaning, asked=f"{source.system}, {ranges}")
    records, observation = records_of(spark, settings, ranges), Observation()
    # After the offsets: a schema is registered before the first record that names it.
    with _told(told):
        writers = writers_of(source, job, records)
    rows = rows_of(records.observe(observation, bytes_of_records()), table, source, writers)
    rows = rows.unionByName(_gaps(spark, table, ranges)) if ranges.gaps else rows
    return Reading(
        rows,
        ranges.position,
        once=True,
        meaning=told,
        fetched=lambda: Fetched(bytes=int(observation.get.get(BYTES) or 0)),
    )


@contextmanager
def _told(meaning_of: Callable[[Exception], LakewrightError | None]) -> Iterator[None]:
    """Turn what Spark and Kafka's client raise into errors of the house."""
    try:
        yield
    except LakewrightError:
        raise
    except Exception as error:
        if known := meaning_of(error):
            raise known from None
        raise


def _gaps(spark: SparkSession, table: Table, ranges: Ranges) -> DataFrame:
    """One row per gap, which the quarantine then tells of."""
    told = [
        (f"{ranges.topic}/{gap.partition}/{gap.since}", f"{LOST}: the next offset is {gap.upto}") for gap in ranges.gaps
    ]
    lost = spark.createDataFrame(told, "place string, what string")
    schema = spark.createDataFrame([], reading_schema(table)).schema
    found = {SOURCE_POSITION: F.col("place"), REASONS: F.array("what")}
    return lost.select(*(found.get(f.name, F.lit(None)).cast(f.dataType).alias(f.name) for f in schema))
