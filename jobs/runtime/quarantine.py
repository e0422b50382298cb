"""The quarantine of a table: rows its rules refused, with reason and position, batch by batch.

A batch's quarantine commits before the batch itself. When a run dies in between, the next run decides the batch anew
and replaces what the dead one left under the same batch number, so a row never stands there twice.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime.commit import commit
from jobs.runtime.position import read_position
from jobs.runtime.tables import ensure_table, read_version

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from jobs.runtime.commit import Batch

SCHEMA = T.StructType(
    [
        T.StructField("batch", T.LongType(), nullable=False, metadata={"comment": "The batch that refused it."}),
        T.StructField("rules", T.ArrayType(T.StringType()), nullable=False, metadata={"comment": "Rules it failed."}),
        T.StructField("source_position", T.StringType(), metadata={"comment": "Where in the source the row stood."}),
        T.StructField("row_key", T.StringType(), metadata={"comment": "The row's key, as JSON."}),
        T.StructField("row", T.StringType(), metadata={"comment": "The row before it was typed, as JSON or raw text."}),
        T.StructField("contract", T.StringType(), nullable=False, metadata={"comment": "Fingerprint of the contract."}),
        T.StructField("run_id", T.StringType(), nullable=False, metadata={"comment": "The run that refused it."}),
        T.StructField("quarantined_at", T.TimestampType(), nullable=False, metadata={"comment": "When, UTC."}),
    ]
)


def quarantine(session: SparkSession, batch: Batch, location: str, refused: DataFrame | None, fingerprint: str) -> None:
    """Commit the refused rows of a batch that is about to be committed.

    Args:
        session: The batch's session.
        batch: The batch of the target.
        location: The quarantine's place.
        refused: `rules`, `source_position`, `row_key`, `row`; None when the batch refuses nothing.
        fingerprint: Which contract decided it.

    Raises:
        LostRaceError: another writer quarantined this batch first.
    """
    before = read_position(session, location)
    own = replace(batch, location=location, before=before, flow=f"quarantine of {batch.flow}")
    orphaned = own.last is not None and own.last.inputs["batch"] >= batch.sequence
    if refused is None and not orphaned:
        return
    if before.version < 0:
        ensure_table(session, location, SCHEMA)
    rows = _rows(session, refused, batch, fingerprint)
    writer = rows.write.format("delta").mode("append")
    if orphaned:
        writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", f"batch >= {batch.sequence}")
    inputs = {"batch": batch.sequence}
    commit(session, own, lambda: writer.save(location), inputs=inputs, books={}, fingerprint=fingerprint)


def not_refused_before(session: SparkSession, batch: Batch, location: str, refused: DataFrame) -> DataFrame:
    """Leave out the rows that an earlier batch has refused already: overlapping windows bring them again.

    Args:
        session: The batch's session.
        batch: The batch of the target.
        location: The quarantine's place.
        refused: As for `quarantine`.
    """
    version = read_position(session, location).version
    if version < 0:
        return refused
    known = read_version(session, location, version).where(F.col("batch") < batch.sequence).alias("known")
    same = [F.col(f"new.{c}").eqNullSafe(F.col(f"known.{c}")) for c in ("rules", "source_position", "row")]
    return refused.alias("new").join(known, on=reduce(and_, same), how="left_anti")


def _rows(session: SparkSession, refused: DataFrame | None, batch: Batch, fingerprint: str) -> DataFrame:
    if refused is None:
        return session.createDataFrame([], SCHEMA)
    return refused.select(
        F.lit(batch.sequence).cast("bigint").alias("batch"),
        "rules",
        "source_position",
        "row_key",
        "row",
        F.lit(fingerprint).alias("contract"),
        F.lit(batch.run).alias("run_id"),
        F.current_timestamp().alias("quarantined_at"),
    )
