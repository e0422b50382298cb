"""What waits at a source and is too much for one batch is read in several, each with a commit of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.books import COUNTS, add_books
from shared.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.contracts import Table
    from shared.jobs import TableOutcome


def read_backlog(make_batch: Callable[[Table], TableOutcome], table: Table) -> TableOutcome:
    """Read what a source holds when the first batch begins, and return one outcome for all batches.

    A job run that dies in between keeps the batches that it committed, and the next one reads on. As many batches are
    made as that takes, and one more, since what comes in the meantime takes a part of each. Whatever then remains is
    left to the next run, or a busy topic would never end.

    Args:
        make_batch: Makes one batch of the table; it may raise any exception.
        table: The table.
    """
    outcome = make_batch(table)
    left = outcome.remaining + 1
    while outcome.remaining and left:
        later, left = make_batch(table), left - 1
        if later.status is Status.UNCHANGED or later.sequence == outcome.sequence:
            # There was nothing left to read: the streaming job has read it, or the step told of its last batch again.
            break
        outcome = add_books(later, outcome.model_dump(include=set(COUNTS)), outcome.warnings)
    return outcome
