"""What a run's earlier attempts did to a table belongs to the run, and so into the outcome of the last attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.books import add_books
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import flows_of

if TYPE_CHECKING:
    from jobs.runtime.flow import Flow
    from jobs.runtime.position import FlowPosition
    from shared.jobs import TableOutcome


def with_earlier_batches(flow: Flow, outcome: TableOutcome) -> TableOutcome:
    """An outcome, with the counts of the batches that earlier attempts of the run committed and nobody reported.

    An attempt that dies leaves its batches, but no outcome. A streaming job's attempts report to nobody.

    Args:
        flow: The table's flow, as it was before the batch.
        outcome: Its outcome.
    """
    earlier = [] if flow.job.every_seconds else _earlier_batches(flow)
    for batch in earlier:
        if batch.sequence != outcome.sequence:
            outcome = add_books(outcome, batch.books, batch.warnings)
    return outcome


def _earlier_batches(flow: Flow) -> list[FlowPosition]:
    """The batches that other attempts of the run committed, from the newest back to the first."""
    last, found = flow.batch.last, {}
    if last is None or last.run != flow.job.run_id or last.attempt == flow.job.attempt:
        return []
    for commit in DeltaLog(flow.session, flow.location, flow.batch.before.version).commits():
        # Upkeep carries positions on, or none.
        position = flows_of(commit).get(flow.batch.flow)
        if position and (position.run != last.run or position.attempt == flow.job.attempt):
            break
        if position:
            found[position.sequence] = position
    return list(found.values())
