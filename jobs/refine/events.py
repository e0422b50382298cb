"""The events of a history, in a companion table, clustered by the key, as far back as the contract keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime.companion import Companion, commit_before, rows_before
from jobs.runtime.layout import clustered_by, laid_out
from jobs.runtime.merge import within
from jobs.runtime.retention import day_of_ages, horizon_of, is_before, month_of
from jobs.runtime.tables import spark_schema
from jobs.runtime.versions import IS_DELETE
from shared.names import events_location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow

BATCH = "_batch"
HORIZON = "horizon"


def known_events(flow: Flow, bounds: tuple[object, object] | None, horizon: datetime | None) -> DataFrame | None:
    """The events of earlier batches with keys within `bounds`, from the horizon on; None if there are none yet."""
    rows = None if flow.is_rebuilt else rows_before(flow, _companion(flow))
    if rows is None:
        return None
    rows = rows.where(within(flow.table.primary_key[0], bounds))
    return rows.where(f"NOT ({is_before(flow.table.sequence_by[0], horizon)})") if horizon else rows


def record(flow: Flow, rows: DataFrame | None, count: int) -> None:
    """Commit the events of the batch that count, and delete those from before the month of the last batch's horizon.

    Args:
        flow: The table's flow.
        rows: The contract's columns and `_is_delete`; None if no event counts.
        count: The number of rows.
    """
    companion = _companion(flow)
    if rows is not None:
        rows = rows.withColumn(BATCH, F.lit(flow.batch.sequence).cast("bigint")).select(*companion.schema.fieldNames())
        rows = laid_out(rows, companion.cluster_by, count)
    last = _last_horizon(flow)
    outdated = is_before(flow.table.sequence_by[0], month_of(datetime.fromisoformat(last))) if last else None
    commit_before(flow, companion, rows, outdated=outdated)


def _companion(flow: Flow) -> Companion:
    table = flow.table
    needed = (*table.primary_key, *table.sequence_by)
    fields = {f.name: f for f in spark_schema(table).fields}
    kept = [T.StructField(n, fields[n].dataType, n not in needed, fields[n].metadata) for n in table.column_names]
    batch = T.StructField(
        BATCH, T.LongType(), nullable=False, metadata={"comment": "The batch that brought the event."}
    )
    gone = T.StructField(IS_DELETE, T.BooleanType(), nullable=False, metadata={"comment": "Whether the key went then."})
    location = events_location(flow.job.lake_root, table.name)
    schema = T.StructType([batch, *kept, gone])
    cluster_by, is_anew = clustered_by(table, "events"), flow.is_rebuilt
    return Companion(what="events", location=location, schema=schema, cluster_by=cluster_by, is_anew=is_anew)


def horizon_now(flow: Flow) -> datetime | None:
    """The moment from which on events are kept; None if all are.

    It never moves back, since deleted events do not return. It stays when the contract no longer limits the events'
    retention, since versions from before it have no events from which they could be computed again.
    """
    history, last = flow.table.history, _last_horizon(flow)
    recorded = datetime.fromisoformat(last) if last else None
    if history is None or history.event_retention_seconds is None:
        return recorded
    horizon = horizon_of(day_of_ages(flow.job), history.event_retention_seconds)
    return max(horizon, recorded) if recorded else horizon


def _last_horizon(flow: Flow) -> str | None:
    """The horizon of the last batch, also if the input is read from the start; None if the table is rebuilt."""
    return None if flow.batch.last is None or flow.is_rebuilt else flow.batch.last.inputs.get(HORIZON)
