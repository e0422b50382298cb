"""What waits at a source and is too much for one batch is read in several, each with a commit of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.contracts import Table
    from shared.jobs import TableOutcome

COUNTS = ("read", "inserted", "superseded", "quarantined", "requests", "bytes")


def read_backlog(make_batch: Callable[[Table], TableOutcome], table: Table) -> TableOutcome:
    """Read what a source holds when the first batch begins, and return one outcome for all batches.

    A job run that dies in between keeps the batches that it committed, and the next one reads on. As many batches are
    made as that takes, and no more: what comes in the meantime is left to the next run, or a busy topic would never
    end.

    Args:
        make_batch: Makes one batch of the table; it may raise any exception.
        table: The table.
    """
    outcome = make_batch(table)
    for _ in range(outcome.remaining):
        later = make_batch(table)
        if later.sequence == outcome.sequence:
            # There was nothing left to read, and the step told of the run's last batch once more.
            break
        outcome = _both(outcome, later)
        if not outcome.remaining:
            break
    return outcome


def _both(earlier: TableOutcome, later: TableOutcome) -> TableOutcome:
    """The outcome of two batches: their counts together, and otherwise what the later one says."""
    counts = {name: _sum(getattr(earlier, name), getattr(later, name)) for name in COUNTS}
    names = earlier.warnings.keys() | later.warnings.keys()
    warnings = {name: earlier.warnings.get(name, 0) + later.warnings.get(name, 0) for name in names}
    return later.model_copy(update={**counts, "warnings": warnings})


def _sum(earlier: int | None, later: int | None) -> int | None:
    """The sum of two counts; None if both are unknown."""
    return None if earlier is None and later is None else (earlier or 0) + (later or 0)
