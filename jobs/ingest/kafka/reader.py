"""Reads a Kafka topic from its position on: each record once, by its offset."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F

from jobs.ingest.kafka.broker import topic_offsets, translate_error
from jobs.ingest.kafka.connection import read_connection
from jobs.ingest.kafka.oauth import find_token
from jobs.ingest.kafka.offsets import plan
from jobs.ingest.kafka.payload import rows_of
from jobs.ingest.kafka.records import BYTES, bytes_of_records, records_of
from jobs.ingest.kafka.schemas import writers_of
from jobs.ingest.read_cost import ReadCost
from jobs.ingest.reading import REASONS, Reading, source_of
from jobs.ingest.reading_schema import reading_schema
from shared.errors import LakewrightError
from shared.landed_columns import SOURCE_POSITION
from shared.names import source_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame, SparkSession

    from jobs.ingest.kafka.offsets import Ranges
    from shared.contracts import Table
    from shared.jobs import Job

LOST = "LOST"


def read_kafka(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading | None:
    """Read the records after the position, as many as a batch may have; None when there are none.

    The offsets to read are fixed beforehand, by what the broker holds past the position, so that a batch that has to
    be read again is the same batch.

    Raises:
        SourceUnavailableError: Kafka, Secrets Manager, SSM or the place of the schemas did not answer.
        SourceContentError: the topic is not there, or records were removed before they were read.
        TerminalError: there is no connection, or the login was refused.
    """
    source = source_of(table)
    connection, topic = read_connection(job.env, source.system), source.object
    settings, error_context = connection.settings, f"{source.system}, topic {topic}"
    if connection.oauth:
        # Kafka's client reports a refused login and an endpoint that is down alike; fetching a token tells them apart.
        find_token(connection.oauth, error_context, source_secret(job.env, source.system))
    held = topic_offsets(spark, settings, topic, error_context)
    ranges = plan(
        held,
        position,
        at_most=source.max_offsets,
        fail_on_data_loss=source.fail_on_data_loss,
        table=str(table.name),
    )
    if ranges.is_empty:
        return None
    translate = partial(translate_error, error_context=f"{source.system}, {ranges}")
    records, observation = records_of(spark, settings, ranges), Observation()
    # After the offsets: a schema is registered before the first record that names it.
    with _translated_errors(translate):
        writers = writers_of(source, job, records)
    rows = rows_of(records.observe(observation, bytes_of_records()), table, source, writers)
    rows = rows.unionByName(_gaps(spark, table, ranges)) if ranges.gaps else rows
    return Reading(
        rows,
        ranges.position,
        is_exact=True,
        remaining=ranges.remaining,
        translate=translate,
        cost=lambda: ReadCost(bytes=int(observation.get.get(BYTES) or 0)),
    )


@contextmanager
def _translated_errors(translate: Callable[[Exception], LakewrightError | None]) -> Iterator[None]:
    """Turn what Spark and Kafka's client raise into LakewrightErrors."""
    try:
        yield
    except LakewrightError:
        raise
    except Exception as error:
        if known := translate(error):
            raise known from None
        raise


def _gaps(spark: SparkSession, table: Table, ranges: Ranges) -> DataFrame:
    """One malformed row per gap, so that the quarantine shows it."""
    gaps = [
        (f"{ranges.topic}/{gap.partition}/{gap.since}", f"{LOST}: the next offset is {gap.upto}") for gap in ranges.gaps
    ]
    lost = spark.createDataFrame(gaps, "place string, reason string")
    schema = spark.createDataFrame([], reading_schema(table)).schema
    found = {SOURCE_POSITION: F.col("place"), REASONS: F.array("reason")}
    return lost.select(*(found.get(f.name, F.lit(None)).cast(f.dataType).alias(f.name) for f in schema))
