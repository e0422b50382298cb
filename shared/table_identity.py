"""Whether a version on a run's page is of the table that lies at its place now, or of one that was there before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from shared.jobs import TableVersion


def why_not_same_table(
    told: TableVersion, finished_at: datetime, *, table_id: str, newest: int, written_at: Callable[[int], int | None]
) -> str:
    """Why a version is of another table than the one that is there now; empty where nothing says so.

    A table that was moved away and made anew counts its versions from 0 again. Pages of earlier releases name no id;
    but no version of a run was written after its end.

    Args:
        told: A version on the run's page.
        finished_at: When the run ended.
        table_id: The id of the table that is there.
        newest: Its newest version.
        written_at: Gives the moment of a version's commit, in milliseconds, or None where the log no longer holds it.
    """
    if told.version is None:
        return ""
    if told.table_id and told.table_id != table_id:
        return f"the run's table had the id {told.table_id}, and the one that is there has {table_id}"
    if told.version > newest:
        return f"the newest version that is there is {newest}"
    written = None if told.table_id else written_at(told.version)
    # A page tells whole seconds.
    if written is not None and written // 1000 > finished_at.timestamp():
        return "it was written after the run had ended"
    return ""
