"""A backfill on this computer: runs the machine that starts a run for each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.local.executions import Status, begun
from scripts.running.run import follow, new_run_id
from shared.backfill import BACKFILL_MACHINE, window_runs

if TYPE_CHECKING:
    from rich.console import Console

    from scripts.running.local_lake import LocalLake
    from shared.backfill import BackfillRequest, WindowRun


def run_backfill(
    lake: LocalLake, request: BackfillRequest, console: Console
) -> tuple[tuple[WindowRun, ...], str | None]:
    """Run a backfill to its end, and return the runs of its windows and, if it is red, why.

    An interruption stops it together with the current run; the lake stays as the last commits left it.

    Raises:
        WindowError: there are no such windows, or too many.
    """
    name = new_run_id(BACKFILL_MACHINE)
    runs = window_runs(name, request.windows)
    backfill = lake.start_backfill(request.model_dump(mode="json"), name)
    try:
        for number, run in enumerate(runs, 1):
            execution = lake.execution(request.machine, run.run)
            if begun(execution, backfill):
                console.rule(f"window {number} of {len(runs)}: {run.window}", align="left")
                follow(lake, execution, console)
        outcome = lake.account.wait(backfill)
    except KeyboardInterrupt:
        lake.account.stop(backfill)
        raise
    return runs, None if outcome.status is Status.SUCCEEDED else f"{outcome.error}: {outcome.cause}"
