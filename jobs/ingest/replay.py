"""What bronze refused, read again: a contract, a schema, an encoding or the source itself was mended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.ingest.file_source import file_rows
from jobs.ingest.json_rows import REASON_NO_OBJECT
from jobs.ingest.kafka_fit import MISFITS_FIELD, RESCUED_FIELD, fit_texts
from jobs.ingest.kafka_payload import rows_of
from jobs.ingest.kafka_records import from_raw
from jobs.ingest.kafka_schemas import writers_of
from jobs.ingest.landing import S3, list_files
from jobs.ingest.readers import READERS
from jobs.ingest.reading import RAW, REASONS, RESCUED, SOURCE_POSITION, Reading
from jobs.runtime.quarantine import held
from jobs.runtime.texts import json_fields, lower_case_names
from shared.contracts import Disposition
from shared.names import LANDING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Source, Table

# Where the quarantine's text is the whole row or record, and the source may have it no more.
KEPT_WHOLE = ("kafka", "redshift", "snowflake")
# What the quarantine calls them: rows of a database say no more of their place than their table.
TOLD_BY = ("source_position", "row")


def read_replayed_rows(flow: Flow) -> Reading | None:
    """Read the refused rows that a replay asks for; None when there are none.

    Lines are read from their files, rows and records from the quarantine, and a table that is a snapshot from its
    source, whole. What it can be read from no more is left where it is.

    Grain: one refused row in, one row out; of a snapshot one row of the source.
    """
    known, source = held(flow.session, flow.batch, flow.quarantine), flow.table.source
    if known is None or source is None or flow.job.replay is None or known.isEmpty():
        return None
    if flow.table.disposition is Disposition.SNAPSHOT:
        reading = READERS[source.type](flow.session, flow.table, flow.job, None)
        return reading and replace(reading, released=known.select("batch").distinct())
    rule = flow.job.replay.rule
    refused = known.where(F.array_contains("rules", rule)) if rule else known
    if source.type in KEPT_WHOLE:
        return _from_quarantine(flow, source, refused.select(*TOLD_BY).where("row IS NOT NULL").distinct())
    return _from_files(flow, source, refused.select("source_position").distinct())


def _from_quarantine(flow: Flow, source: Source, refused: DataFrame) -> Reading | None:
    """Records are decoded once more by the schemas of today, and rows given the types of today."""
    if refused.isEmpty():
        return None
    is_topic = source.type == "kafka"
    if is_topic:
        # What an earlier release held of a row with columns that nobody knew is no record, and stays.
        refused = refused.where("get_json_object(row, '$.topic') IS NOT NULL")
        records = from_raw(refused, "row")
        rows = rows_of(records, flow.table, source, writers_of(source, flow.job, records))
    else:
        rows = _typed(refused, flow.table)
    return Reading(rows, flow.last_inputs or {}, once=is_topic, released=refused)


def _typed(refused: DataFrame, table: Table) -> DataFrame:
    """Rows of a database from their texts; the source may write its columns' names in capitals."""
    # A row that was refused for columns that nobody knew has those apart.
    own = F.map_filter("_told", lambda name, _: name != RESCUED)
    nested = json_fields(F.try_element_at("_told", F.lit(RESCUED)))
    told = refused.withColumn("_told", json_fields(F.col("row")))
    told = told.withColumn("_texts", F.coalesce(F.map_concat(own, nested), own))
    told = told.withColumn("_lower", lower_case_names(F.col("_texts")))
    read = told.withColumn("_row", fit_texts(F.col("_texts"), F.col("_lower"), table.columns))
    misfits = F.when(F.col("_lower").isNull(), F.array(F.lit(REASON_NO_OBJECT))).otherwise(
        F.col(f"_row.{MISFITS_FIELD}")
    )
    is_bad = F.size(misfits) > 0
    return read.select(
        *(F.when(~is_bad, F.col(f"_row.{name}")).alias(name) for name in table.column_names),
        F.col("source_position").alias(SOURCE_POSITION),
        F.col(f"_row.{RESCUED_FIELD}").alias(RESCUED),
        F.when(is_bad, F.col("row")).alias(RAW),
        misfits.alias(REASONS),
    )


def _from_files(flow: Flow, source: Source, refused: DataFrame) -> Reading | None:
    # `key#line`, or `key!member#line` in an archive
    key = F.regexp_replace(F.regexp_replace("source_position", r"#\d+$", ""), r"!.*$", "")
    keys = [row[0] for row in refused.select(key).distinct().collect()]
    places = [k if k.startswith(S3) else LANDING + k for k in keys]
    files = [file for place in places for file in list_files(place, flow.job.landing_root)]
    if not files:
        return None
    place = f"{flow.staging}-read"
    rows, _ = file_rows(flow.session, flow.table, source, files).write(place)
    wanted = refused.withColumnRenamed("source_position", SOURCE_POSITION)
    again = rows.join(wanted, on=SOURCE_POSITION, how="left_semi").select(*rows.columns)
    return Reading(again, flow.last_inputs or {}, scratch=place)


def replayed_positions(staged: DataFrame) -> DataFrame:
    """Where the records stood that were read again, as the quarantine calls it."""
    return staged.select(F.col(SOURCE_POSITION).alias("source_position")).distinct()
