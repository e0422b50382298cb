"""Repeats the ingest step for as long as the job runs: for topics whose records are wanted within minutes."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NoReturn

from shared.errors import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.jobs import TableOutcome

log = logging.getLogger(__name__)

# A broker that is away, or the daily batch with its lease, may fail some rounds.
ROUNDS_TO_GIVE_UP = 10


def ingest_forever(
    ingest: Callable[[], list[TableOutcome]],
    every_seconds: int,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> NoReturn:
    """Ingest, wait for the rest of the interval, and ingest again, until the job run is stopped from outside.

    Each round is an ordinary batch: its rows and its position land in one commit. So the job may be stopped at any
    moment, and there is no checkpoint that could disagree with the table.

    Args:
        ingest: Runs one round; returns the outcome of each table.
        every_seconds: From the start of one round to the start of the next.
        clock: A monotonic clock, in seconds.
        pause: Sleeps for a number of seconds.

    Raises:
        StepFailedError: a table failed with an error that no retry mends, or in too many rounds in a row.
    """
    failed: dict[str, int] = {}
    while True:
        started = clock()
        red = [outcome for outcome in ingest() if outcome.is_red]
        failed = {outcome.table: failed.get(outcome.table, 0) + 1 for outcome in red}
        for outcome in red:
            if failed[outcome.table] >= ROUNDS_TO_GIVE_UP or not (outcome.failure and outcome.failure.retryable):
                raise StepFailedError(
                    f"{outcome.table} cannot be ingested",
                    given=outcome.failure.message if outcome.failure else outcome.reason,
                    expected=f"a round that goes well, within {ROUNDS_TO_GIVE_UP}",
                    mend="fix the cause; EMR starts a streaming job run anew by itself, and it goes on from the table",
                )
        pause(max(0.0, every_seconds - (clock() - started)))
