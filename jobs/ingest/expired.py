"""Rows that a bronze table does not take in: they went for their age, and a source goes on sending them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.retention import day_of_ages, is_expired_for_all

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow


def unexpired(flow: Flow, rows: DataFrame) -> DataFrame:
    """Leave out the rows that are too old for every table that is refined from this one; they count as superseded.

    Grain: one row in, at most one row out. A row whose age cannot be read comes in.

    Args:
        flow: The table's turn, in a session without ANSI mode.
        rows: The rows of the batch.
    """
    readers = flow.catalog.expiring_readers(flow.table.name)
    if not readers:
        return rows
    return rows.where(~is_expired_for_all(rows, readers, day_of_ages(flow.job)))
