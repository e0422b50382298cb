"""Finds the version of a companion that belongs to the one that its table had when a run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.position import flows_of

if TYPE_CHECKING:
    from jobs.runtime.delta_log import Commit, DeltaLog
    from jobs.runtime.position import FlowPosition


def companion_version(log: DeltaLog, flow: FlowPosition, ended_at: int | None, moment: int) -> int:
    """The newest version of a companion with no batch after the flow's, and below every RESTORE made since then.

    Such a RESTORE removed rows that the table had at that time, though it and the commits on top of it carry early
    batch numbers. A commit without a position has the rows of the commit before it.

    Args:
        log: The companion's log.
        flow: The position of the table's flow when the run ended.
        ended_at: The companion's version when the run ended; None if the run's page does not have it, as those of
            earlier releases.
        moment: When the table got the version that it had then, in milliseconds; used where `ended_at` is None.
    """
    found = None
    for commit in log.commits():
        is_later = commit.moment > moment if ended_at is None else commit.version > ended_at
        batch = _batch_at(commit)
        if commit.is_restore and is_later:
            found = None
        elif found is None and batch is not None and batch <= flow.sequence:
            found = commit.version
        if found is not None and not is_later:
            break
    return found or 0


def _batch_at(commit: Commit) -> int | None:
    """The last batch that a companion had after a commit, 0 before its first one; None if it carries no position."""
    return max((int(p.inputs.get("batch", 0)) for p in flows_of(commit).values()), default=None)
