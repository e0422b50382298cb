"""Rows that delete: what marks them, and their tombstones, by which rows that arrive late stay deleted.

A delete that arrives before the row it deletes finds nothing to delete. So each delete that takes effect leaves a
tombstone in a companion table, which commits before the batch; readers of the table itself need no filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime.companion import Companion, commit_before, rows_before
from jobs.runtime.layout import clustered_by
from jobs.runtime.retention import day_of_ages, horizon_of, is_before, month_of
from jobs.runtime.tables import spark_schema
from jobs.runtime.versions import IS_DELETE
from shared.landed_columns import RUN_ID
from shared.names import tombstones_location

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import Column, DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Table

BATCH = "_batch"
TOMBSTONE = "_tombstone"


def is_delete(table: Table) -> Column:
    """Whether a typed row of a table is a delete; false if the contract has no `applyAsDeletes`."""
    return F.col(IS_DELETE) if table.apply_as_deletes else F.lit(False)


def tombstones(flow: Flow, within: Column) -> DataFrame | None:
    """The newest tombstone of each key from the batches before this one.

    Grain: one row per key, with the key and `_tombstone`, a struct of the columns of `sequenceBy`.

    Args:
        flow: The table's flow.
        within: The condition on the key that the batch's rows meet.

    Returns:
        The tombstones within their retention; None if the table has no deletes or no tombstones yet, or is rebuilt.
    """
    if not flow.table.apply_as_deletes or flow.is_rebuilt:
        return None
    rows = rows_before(flow, _companion(flow))
    if rows is None:
        return None
    sequence, horizon = flow.table.sequence_by[0], _horizon(flow)
    kept = rows.where(within).where(f"NOT ({is_before(sequence, horizon)})" if horizon else F.lit(True))
    newest = F.max(F.struct(*flow.table.sequence_by)).alias(TOMBSTONE)
    return kept.groupBy(*flow.table.primary_key).agg(newest)


def bury(flow: Flow, rows: DataFrame | None) -> None:
    """Commit the tombstones of the batch's delete rows, and delete those from before the month of their horizon.

    A rebuild reads all deletes again, so earlier tombstones go.

    Args:
        flow: The table's flow.
        rows: The delete rows that take effect, at most one per key; None when there are none.
    """
    if not flow.table.apply_as_deletes:
        return
    companion = _companion(flow)
    if rows is not None:
        rows = rows.withColumns({BATCH: F.lit(flow.batch.sequence).cast("bigint"), RUN_ID: F.lit(flow.job.run_id)})
        rows = rows.select(*companion.schema.fieldNames())
    horizon = _horizon(flow)
    outdated = is_before(flow.table.sequence_by[0], month_of(horizon)) if horizon else None
    commit_before(flow, companion, rows, outdated=outdated)


def _companion(flow: Flow) -> Companion:
    table = flow.table
    kept = [f for f in spark_schema(table).fields if f.name in (*table.primary_key, *table.sequence_by)]
    schema = T.StructType(
        [
            T.StructField(BATCH, T.LongType(), nullable=False, metadata={"comment": "The batch that deleted the key."}),
            *[T.StructField(f.name, f.dataType, nullable=False, metadata=f.metadata) for f in kept],
            T.StructField(RUN_ID, T.StringType(), nullable=False, metadata={"comment": "The run that did."}),
        ]
    )
    location = tombstones_location(flow.job.lake_root, table.name)
    cluster_by, is_anew = clustered_by(table, "tombstones"), flow.is_rebuilt
    return Companion(what="tombstones", location=location, schema=schema, cluster_by=cluster_by, is_anew=is_anew)


def _horizon(flow: Flow) -> datetime | None:
    """The moment before which, by `sequenceBy`, tombstones no longer count; None if all are kept."""
    kept = flow.table.tombstone_retention_seconds
    return None if kept is None else horizon_of(day_of_ages(flow.job), kept)
