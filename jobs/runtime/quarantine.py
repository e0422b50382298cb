"""The quarantine of a table: the rows that its rules refused, with reason, position and batch."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime.companion import Companion, commit_before, rows_before, undo_unfinished_batch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow

# The place of a refined table's refused row in its input, so that it can be read again.
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
# Delta keeps no statistics of these columns: the log would keep their values after the rows are gone.
CLOSED = ("row_key", "row")


def quarantine(flow: Flow, refused: DataFrame | None, released: DataFrame | None) -> None:
    """Commit to the quarantine the rows that a batch refuses, and release the held ones that it reads again.

    Args:
        flow: The flow whose batch it is.
        refused: `rules`, `source_position`, `row_key`, `row`, and `input_sequence` and `input_key` where the row can
            be read again; None if the batch refuses nothing.
        released: The held rows to release, by columns of the quarantine; None if there are none.

    Raises:
        LostRaceError: another writer quarantined this batch first.
    """
    rows = None if refused is None else _rows(flow, refused)
    commit_before(flow, _companion(flow), rows, released=released)


def held(flow: Flow) -> DataFrame | None:
    """The rows in quarantine before this batch; None if there is no quarantine yet."""
    return rows_before(flow, _companion(flow))


def restore_released(flow: Flow) -> None:
    """Put back the rows that a dead run had released, for a batch that will not be tried again.

    Raises:
        LostRaceError: another writer committed to the quarantine first.
    """
    undo_unfinished_batch(flow, _companion(flow))


def not_refused_before(flow: Flow, refused: DataFrame) -> DataFrame:
    """The refused rows that no earlier batch has refused already: overlapping windows read the same rows again.

    Args:
        flow: The flow whose batch it is.
        refused: As for `quarantine`.
    """
    before = held(flow)
    if before is None:
        return refused
    known = before.alias("known")
    same = [F.col(f"new.{c}").eqNullSafe(F.col(f"known.{c}")) for c in ("rules", "source_position", "row")]
    return refused.alias("new").join(known, on=reduce(and_, same), how="left_anti")


def _companion(flow: Flow) -> Companion:
    return Companion(what="quarantine", location=flow.quarantine_location, schema=SCHEMA, closed=CLOSED)


def _rows(flow: Flow, refused: DataFrame) -> DataFrame:
    facts = {
        "batch": F.lit(flow.batch.sequence).cast("bigint"),
        "contract": F.lit(flow.table.fingerprint),
        "run_id": F.lit(flow.batch.run),
        "quarantined_at": F.current_timestamp(),
        **{name: F.lit(None).cast("bigint") for name in ORIGIN if name not in refused.columns},
    }
    return refused.withColumns(facts).select(*SCHEMA.names)
