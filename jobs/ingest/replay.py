"""Replay: reads rows again that bronze refused, once contract, schema, encoding or source was mended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.ingest.files.source import file_rows
from jobs.ingest.formats.json_rows import REASON_NO_OBJECT
from jobs.ingest.kafka.fit import MISFITS_FIELD, RESCUED_FIELD, fit_texts
from jobs.ingest.kafka.payload import rows_of
from jobs.ingest.kafka.records import from_raw
from jobs.ingest.kafka.schemas import writers_of
from jobs.ingest.landing import S3, list_files
from jobs.ingest.readers import READERS
from jobs.ingest.reading import RAW, REASONS, Reading
from jobs.runtime.json_columns import json_fields, lower_case_names
from jobs.runtime.quarantine import held
from shared.contracts import Disposition
from shared.contracts.source_model import KAFKA, REDSHIFT, SNOWFLAKE
from shared.landed_columns import RESCUED, SOURCE_POSITION
from shared.names import LANDING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Source, Table

# The quarantine has the whole row or record of these, and the source may no longer have it.
REPLAYED_FROM_QUARANTINE = (KAFKA, REDSHIFT, SNOWFLAKE)
# Identify a refused row in the quarantine; for rows of a database `source_position` is the table alone.
IDENTIFIED_BY = ("source_position", "row")


def read_replayed_rows(flow: Flow) -> Reading | None:
    """Read the refused rows that a replay selects; None when there are none.

    Lines of files are read from the files, rows of databases and records of topics from the quarantine, and a snapshot
    whole from its source. A row whose file is gone stays in the quarantine. If the file has been replaced since,
    the line with the same number is read, whatever it says now.

    Grain: one refused row in, one row out; for a snapshot one row of the source.
    """
    known, source = held(flow), flow.table.source
    if known is None or source is None or flow.job.replay is None or known.isEmpty():
        return None
    if flow.table.disposition is Disposition.SNAPSHOT:
        reading = READERS[source.type](flow.session, flow.table, flow.job, None)
        return reading and replace(reading, released=known.select("batch").distinct())
    rule = flow.job.replay.rule
    refused = known.where(F.array_contains("rules", rule)) if rule else known
    if source.type in REPLAYED_FROM_QUARANTINE:
        return _from_quarantine(flow, source, refused.select(*IDENTIFIED_BY).where("row IS NOT NULL").distinct())
    return _from_files(flow, source, refused.select("source_position").distinct())


def _from_quarantine(flow: Flow, source: Source, refused: DataFrame) -> Reading | None:
    """Decode records again with the current schemas, or cast rows to the current types."""
    if refused.isEmpty():
        return None
    is_topic = source.type == KAFKA
    if is_topic:
        # Earlier releases kept rows with unknown columns in another form than a record; those stay.
        refused = refused.where("get_json_object(row, '$.topic') IS NOT NULL")
        records = from_raw(refused, "row")
        rows = rows_of(records, flow.table, source, writers_of(source, flow.job, records))
    else:
        rows = _typed(refused, flow.table)
    return Reading(rows, flow.last_inputs or {}, is_exact=is_topic, released=refused)


def _typed(refused: DataFrame, table: Table) -> DataFrame:
    """Cast rows of a database from their JSON; column names may be in any case."""
    # A row that was refused for unknown columns has them in a field of their own.
    own = F.map_filter("_fields", lambda name, _: name != RESCUED)
    nested = json_fields(F.try_element_at("_fields", F.lit(RESCUED)))
    fields = refused.withColumn("_fields", json_fields(F.col("row")))
    fields = fields.withColumn("_texts", F.coalesce(F.map_concat(own, nested), own))
    fields = fields.withColumn("_lower", lower_case_names(F.col("_texts")))
    read = fields.withColumn("_row", fit_texts(F.col("_texts"), F.col("_lower"), table.columns))
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
    # `key#line`, or `key!member#line` in an archive; any other key may have a `!` of its own
    key = F.regexp_replace(F.regexp_replace("source_position", r"#\d+$", ""), r"(?i)(\.zip)!.*$", "$1")
    keys = [row[0] for row in refused.select(key).distinct().collect()]
    places = [k if k.startswith(S3) else LANDING + k for k in keys]
    files = [file for place in places for file in list_files(place, flow.job.landing_root)]
    if not files:
        return None
    place = f"{flow.staging_location}-read"
    rows, _ = file_rows(flow.session, flow.table, source, files).write(place)
    wanted = refused.withColumnRenamed("source_position", SOURCE_POSITION)
    replayed = rows.join(wanted, on=SOURCE_POSITION, how="left_semi").select(*rows.columns)
    return Reading(replayed, flow.last_inputs or {}, scratch=place)


def replayed_positions(staged: DataFrame) -> DataFrame:
    """The positions of the rows that were read again, by the quarantine's column name."""
    return staged.select(F.col(SOURCE_POSITION).alias("source_position")).distinct()
