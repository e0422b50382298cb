"""The position of the flow that feeds a table, read from the table's own commits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobs.runtime.delta_log import Commit
from jobs.runtime.position import FlowPosition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deltalake import DeltaTable


def flow_position(table: DeltaTable, flow: str, earlier: DeltaTable | None = None) -> FlowPosition | None:
    """The position of a flow; None if no commit that is still kept records it.

    A position counts only if its sequence is the table's transaction version of the flow, as in the engine.

    Args:
        table: The table as it is now.
        flow: The flow.
        earlier: The same table as of an earlier version; if given, the position at that version is returned.
    """
    at = earlier or table
    sequence = at.transaction_version(flow)
    if sequence is None:
        return None
    # If a table was opened at a version, delta-rs numbers all its commits as if that version were the newest.
    for commit in (c for c in _newest_first(table) if c.version <= at.version()):
        facts = commit.metadata.get("flows", {}).get(flow)
        if facts and facts["sequence"] == sequence:
            return FlowPosition(**facts)
    return None


def written_at(table: DeltaTable) -> datetime:
    """When the table's last commit was made."""
    return datetime.fromtimestamp(table.history(1)[0]["timestamp"] / 1000, UTC)


def _newest_first(table: DeltaTable) -> Iterator[Commit]:
    """The commits of a table, newest first; nearly always the first is enough, and reading them all is slow."""
    [last] = table.history(1)
    yield Commit(last["version"], last)
    yield from (Commit(info["version"], info) for info in table.history()[1:])
