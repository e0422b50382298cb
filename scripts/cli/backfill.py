"""`lake backfill`: reads part of the past again, window by window, entirely on this computer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.cli.output import Head, count, grid, print_json, progress_console, state
from scripts.cli.request import prints_json, refusing, selects_tables, works_in_a_folder

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table as Grid

    from scripts.looking.runs import Run
    from shared.backfill import WindowRun

# The length of the end of a run's name that distinguishes the windows of a backfill.
NUMBER = len("-001")
BOOKS = {"read": "read", "inserted": "new", "updated": "changed", "quarantined": "quarantined"}


@click.command()
@click.option(
    "--from",
    "since",
    metavar="T",
    required=True,
    help="Start of the first window: 2011-06-01, or 2011-06-01T06:00:00Z.",
)
@click.option("--to", "until", metavar="T", required=True, help="End of the last window (exclusive).")
@click.option("--every", metavar="LENGTH", required=True, help="How long a window is: '7 days', '1 month'.")
@selects_tables
@click.option(
    "--machine",
    default="daily_batch",
    show_default=True,
    help="What runs each window: daily_batch or salesforce_ingestion.",
)
@click.option("--business-date", type=click.DateTime(["%Y-%m-%d"]), help="The day all runs take for today (UTC).")
@works_in_a_folder()
@prints_json
def command(
    since: str,
    until: str,
    every: str,
    *,
    select: tuple[str, ...],
    machine: str,
    business_date: datetime | None,
    root: Path,
    as_json: bool,
) -> None:
    """Read part of the past again, window by window.

    Each window is a run of its own, which begins when the one before has ended, green or red. The next ordinary run
    goes on from where it was. Every window may be taken again.
    """
    from scripts.cli.run import check_window
    from scripts.looking.lake import open_lake
    from scripts.looking.runs import all_runs
    from scripts.running.backfill import run_backfill
    from scripts.running.local_lake import LocalLake
    from scripts.sources.deliveries import DELIVERIES
    from shared.backfill import RUN_BY, BackfillRequest
    from shared.contracts import load_catalog
    from shared.errors import UnknownNameError
    from shared.names import Machine

    with refusing():
        if machine not in RUN_BY:
            raise UnknownNameError("machine of a backfill", machine, sorted(RUN_BY))
        catalog = load_catalog()
        tables = catalog.asked(select, Machine(machine))
        given = {"from": since, "to": until, "every": every, "tables": select, "machine": machine}
        request = BackfillRequest.model_validate(
            given | {"business_date": business_date.date() if business_date else None}
        )
        # A wrong window is refused before anything starts. All have the same form, so checking the first is enough.
        check_window(tables, request.windows[0])
    console = progress_console(on_stderr=as_json)
    with LocalLake(root, DELIVERIES[-1], console) as lake:
        windows, cause = run_backfill(lake, request, console)
    names = {window.run for window in windows}
    runs = {run.run_id: run for run in all_runs(open_lake(str(root))) if run.run_id in names}
    if as_json:
        print_json(_facts(window, runs.get(window.run)) for window in windows)
    else:
        console.print(_summary(windows, runs))
    if cause:
        console.print(f"The backfill is red: {cause}", style="red")
    sys.exit(1 if cause else 0)


def _facts(window: WindowRun, run: Run | None) -> dict[str, object]:
    """A window and its run; only the run's name if it left nothing in the ledger."""
    from scripts.cli.runs import facts

    return {**window.window.model_dump(), "run_id": window.run, **(facts(run) if run else {})}


def _summary(windows: tuple[WindowRun, ...], runs: dict[str, Run]) -> Grid:
    """One line per window: the sums over its run's tables, in rows."""
    heads = [Head("window"), Head("colour"), *(Head(title, right=True) for title in BOOKS.values()), Head("run")]
    rows = []
    for window in windows:
        run = runs.get(window.run)
        books = [state(run.colour), *(count(run.counts[name]) for name in BOOKS)] if run else [None] * (1 + len(BOOKS))
        rows.append([window.window, *books, f"…{window.run[-NUMBER:]}"])
    found = grid(heads, rows)
    found.caption, found.caption_justify = f"all about the first run: ./lake runs {windows[0].run}", "left"
    return found
