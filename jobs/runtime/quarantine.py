"""The quarantine of a table: rows its rules refused, with reason and position, batch by batch."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime.companion import Companion, commit_before, rows_before

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
    rows = None if refused is None else _rows(refused, batch, fingerprint)
    commit_before(session, batch, _companion(location), rows, fingerprint=fingerprint)


def not_refused_before(session: SparkSession, batch: Batch, location: str, refused: DataFrame) -> DataFrame:
    """Leave out the rows that an earlier batch has refused already: overlapping windows bring them again.

    Args:
        session: The batch's session.
        batch: The batch of the target.
        location: The quarantine's place.
        refused: As for `quarantine`.
    """
    before = rows_before(session, batch, _companion(location))
    if before is None:
        return refused
    known = before.alias("known")
    same = [F.col(f"new.{c}").eqNullSafe(F.col(f"known.{c}")) for c in ("rules", "source_position", "row")]
    return refused.alias("new").join(known, on=reduce(and_, same), how="left_anti")


def _companion(location: str) -> Companion:
    return Companion(what="quarantine", location=location, schema=SCHEMA)


def _rows(refused: DataFrame, batch: Batch, fingerprint: str) -> DataFrame:
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
