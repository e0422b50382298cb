"""The quarantine of a table: rows its rules refused, with reason and position, batch by batch."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime import companion
from jobs.runtime.companion import Companion, commit_before, rows_before

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from jobs.runtime.commit import Batch

# Where a refused row of a refined table lies in its input, so that it can be read again.
INPUT_SEQUENCE, INPUT_KEY = "input_sequence", "input_key"
ORIGIN = (INPUT_SEQUENCE, INPUT_KEY)

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
        T.StructField(INPUT_SEQUENCE, T.LongType(), metadata={"comment": "The input's batch that brought the row."}),
        T.StructField(INPUT_KEY, T.LongType(), metadata={"comment": "Hash of the row's key in the input."}),
    ]
)
# Delta keeps no statistics of these, since a log outlives what it tells of.
CLOSED = ("row_key", "row")


def quarantine(  # noqa: PLR0917 - what a batch refuses and lets go lands in one commit
    session: SparkSession,
    batch: Batch,
    location: str,
    refused: DataFrame | None,
    fingerprint: str,
    released: DataFrame | None = None,
) -> None:
    """Commit what a batch that is about to be committed refuses, and what it lets go because it reads it again.

    Args:
        session: The batch's session.
        batch: The batch of the target.
        location: The quarantine's place.
        refused: `rules`, `source_position`, `row_key`, `row`, and `input_sequence` and `input_key` where the row can
            be read again; None when the batch refuses nothing.
        fingerprint: Which contract decided it.
        released: The held rows that are let go, by columns of the quarantine; None when there are none.

    Raises:
        LostRaceError: another writer quarantined this batch first.
    """
    rows = None if refused is None else _rows(refused, batch, fingerprint)
    commit_before(session, batch, _companion(location), rows, fingerprint=fingerprint, released=released)


def held(session: SparkSession, batch: Batch, location: str) -> DataFrame | None:
    """The rows in quarantine before a batch; None while there is no quarantine."""
    return rows_before(session, batch, _companion(location))


def restore_released(session: SparkSession, batch: Batch, location: str, fingerprint: str) -> None:
    """Put back the rows that a run which died had released, for a batch that will not come now.

    Raises:
        LostRaceError: another writer committed to the quarantine first.
    """
    companion.undo_unfinished_batch(session, batch, _companion(location), fingerprint)


def not_refused_before(session: SparkSession, batch: Batch, location: str, refused: DataFrame) -> DataFrame:
    """Leave out the rows that an earlier batch has refused already: overlapping windows bring them again.

    Args:
        session: The batch's session.
        batch: The batch of the target.
        location: The quarantine's place.
        refused: As for `quarantine`.
    """
    before = held(session, batch, location)
    if before is None:
        return refused
    known = before.alias("known")
    same = [F.col(f"new.{c}").eqNullSafe(F.col(f"known.{c}")) for c in ("rules", "source_position", "row")]
    return refused.alias("new").join(known, on=reduce(and_, same), how="left_anti")


def _companion(location: str) -> Companion:
    return Companion(what="quarantine", location=location, schema=SCHEMA, closed=CLOSED)


def _rows(refused: DataFrame, batch: Batch, fingerprint: str) -> DataFrame:
    facts = {
        "batch": F.lit(batch.sequence).cast("bigint"),
        "contract": F.lit(fingerprint),
        "run_id": F.lit(batch.run),
        "quarantined_at": F.current_timestamp(),
        **{name: F.lit(None).cast("bigint") for name in ORIGIN if name not in refused.columns},
    }
    return refused.withColumns(facts).select(*SCHEMA.names)
