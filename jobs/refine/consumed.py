"""How far a refined table has consumed its input: up to which batch, and of which table.

The batch number alone is not enough: a bronze table that was moved away and rebuilt counts its batches from one again.
So the table's id is recorded with it. A RESTORE, an ALTER and a rewrite leave the id as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.refine.origin import FROM_KEY, origin
from jobs.refine.refused import as_given
from jobs.refine.typing import typed
from jobs.runtime.json_columns import json_fields
from jobs.runtime.quarantine import INPUT_KEY
from shared.contracts import Disposition
from shared.errors import PositionLostError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from jobs.runtime.position import FlowPosition, TablePosition
    from shared.contracts import Table

IDS = "ids"


def consumed_of(inputs: Mapping[str, Any] | None, name: str, position: TablePosition) -> int:
    """The last batch of an input that was consumed; 0 if that was of another table at the same location.

    Args:
        inputs: How far the inputs were consumed; without ids, as an earlier release recorded it, the number counts.
        name: The input.
        position: The input's position.
    """
    recorded = inputs or {}
    is_another = recorded.get(IDS, {}).get(name) not in {None, position.table_id}
    return 0 if is_another else int(recorded.get(name, 0))


def consumed_upto(name: str, batch: int, position: TablePosition) -> dict[str, Any]:
    """What a position records for an input that is consumed up to a batch."""
    return {name: batch, IDS: {name: position.table_id}}


def reread_if_input_changed(flow: Flow, source: Table, position: TablePosition) -> Flow:
    """Return the flow, with `is_reread` set if its input must be read from batch 1.

    It must if the input was rebuilt, or rolled back to before what was consumed.

    Args:
        flow: The table's flow.
        source: The input.
        position: The input's position.
    """
    name = str(source.name)
    recorded = int((flow.last_inputs or {}).get(name, 0))
    is_there = recorded == consumed_of(flow.last_inputs, name, position) <= position.flows[name].newest
    return flow if is_there else replace(flow, is_reread=True)


def refuse_increment(flow: Flow, source: Table, arrived: FlowPosition) -> None:
    """Refuse to take the last batch of an input for the whole of it, unless it was read as a snapshot.

    Args:
        flow: The flow of a table that is a snapshot.
        source: The input, whose contract says that it is a snapshot, too.
        arrived: The input's own flow. A batch that does not note how it was read counts as a snapshot.

    Raises:
        PositionLostError: the input was an increment until its contract changed, and no run has read it whole since.
    """
    read_as = arrived.contract.get("disposition", Disposition.SNAPSHOT)
    if read_as != Disposition.SNAPSHOT:
        raise PositionLostError(
            f"{source.name} has not been read as a snapshot yet",
            given=f"its last batch is of writeDisposition {read_as}, and {flow.table.name} would lose all other rows",
            expected="a batch with all rows of its source",
            mend=f"run {source.name} first: --select +{flow.table.name}",
        )


def held_rows_reread(rows: DataFrame, held: DataFrame, table: Table) -> DataFrame:
    """The held rows that are among the rows of an input read from the start, to be released from the quarantine.

    This batch decides them again; a row that the input no longer has stays in the quarantine. A row is the same if it
    has the same key in the input, and the same value in each column that it had when it was refused and that still
    exists. Grain: one row per row text and key in the input out.

    Args:
        rows: The input's rows, after the row-local query.
        held: The quarantine before this batch.
        table: The contract.
    """
    then, now = F.col("_then"), F.col("_now")
    known = held.select("row", INPUT_KEY).distinct().withColumn("_then", json_fields(F.col("row")))
    read = typed(rows, table).select(origin()[FROM_KEY].alias(FROM_KEY), json_fields(as_given()).alias("_now"))
    is_unchanged = F.forall(
        F.map_keys(then),
        lambda name: (
            ~F.map_contains_key(now, name) | F.try_element_at(now, name).eqNullSafe(F.try_element_at(then, name))
        ),
    )
    is_same = (F.col(INPUT_KEY) == F.col(FROM_KEY)) & is_unchanged
    return known.join(read, on=is_same, how="left_semi").select("row", INPUT_KEY)
