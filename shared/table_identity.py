"""Whether a version on a run's page is of the table that is at its location now, or of an earlier one there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from shared.ledger import TableVersion


def why_not_same_table(
    recorded: TableVersion,
    finished_at: datetime,
    *,
    table_id: str,
    newest: int,
    written_at: Callable[[int], int | None],
) -> str:
    """Say why a recorded version is of another table than the one at its location now; empty if nothing shows it.

    A table that was moved away and rebuilt counts its versions from 0 again. Pages of earlier releases have no table
    id, but no version of a run was written after its end.

    Args:
        recorded: A version on the run's page.
        finished_at: When the run ended.
        table_id: The id of the table that is there now.
        newest: Its newest version.
        written_at: Gives the moment of a version's commit, in milliseconds, or None if the log no longer has it.
    """
    if recorded.version is None:
        return ""
    if recorded.table_id and recorded.table_id != table_id:
        return f"the run's table had the id {recorded.table_id}, and the one that is there has {table_id}"
    if recorded.version > newest:
        return f"the newest version that is there is {newest}"
    written = None if recorded.table_id else written_at(recorded.version)
    # A page has whole seconds.
    if written is not None and written // 1000 > finished_at.timestamp():
        return "it was written after the run had ended"
    return ""
