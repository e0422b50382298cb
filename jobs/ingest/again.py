"""Records of landed files that could not be read, read again: a contract's encoding was mended, or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.ingest.file_source import file_rows
from jobs.ingest.landing import S3, list_files
from jobs.ingest.reading import SOURCE_POSITION, Reading
from jobs.runtime.quarantine import held
from shared.names import LANDING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow


def read_again(flow: Flow) -> Reading | None:
    """Read the refused records that a replay asks for from their files; None when there are none.

    Grain: one refused record in, one row out. A record whose file is gone is left where it is.
    """
    known = held(flow.session, flow.batch, flow.quarantine)
    source = flow.table.source
    if known is None or source is None or flow.job.replay is None:
        return None
    rule = flow.job.replay.rule
    asked = (known.where(F.array_contains("rules", rule)) if rule else known).select("source_position").distinct()
    # `key#line`, or `key!member#line` in an archive
    key = F.regexp_replace(F.regexp_replace("source_position", r"#\d+$", ""), r"!.*$", "")
    keys = [row[0] for row in asked.select(key).distinct().collect()]
    places = [k if k.startswith(S3) else LANDING + k for k in keys]
    files = [file for place in places for file in list_files(place, flow.job.landing_root)]
    if not files:
        return None
    rows = file_rows(flow.session, flow.table, source, files)
    wanted = asked.withColumnRenamed("source_position", SOURCE_POSITION)
    return Reading(rows.join(wanted, on=SOURCE_POSITION, how="left_semi").select(*rows.columns), flow.last_inputs or {})


def read_positions(staged: DataFrame) -> DataFrame:
    """Where the records stood that were read again, as the quarantine calls it."""
    return staged.select(F.col(SOURCE_POSITION).alias("source_position")).distinct()
