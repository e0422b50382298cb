"""Leaves out rows that are past their retention: a source goes on sending what was deleted here for its age."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.retention import day_of_ages, is_expired_for_all

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow


def unexpired(flow: Flow, rows: DataFrame) -> DataFrame:
    """Leave out the rows that are too old for every table refined from this one; they count as superseded.

    Grain: one row in, at most one row out. A row whose age cannot be read is kept.

    Args:
        flow: The table's flow, in a session without ANSI mode.
        rows: The rows of the batch.

    Returns:
        The rows. `rows` itself, the same object, where no table that is refined from this one has a retention: the
        ingest flow tells by that whether it has to count.
    """
    readers = flow.catalog.expiring_readers(flow.table.name)
    if not readers:
        return rows
    return rows.where(~is_expired_for_all(rows, readers, day_of_ages(flow.job)))
