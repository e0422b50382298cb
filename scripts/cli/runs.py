"""`lake runs`: the ledger, newest run first, or all about one run."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import WIDE, Head, console, count, grid, harmless, minute, print_json, show, size, state
from scripts.cli.request import looks_at_a_lake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table as Grid

    from scripts.looking.lake import Lake
    from scripts.looking.runs import Run
    from shared.jobs import TableOutcome
    from shared.usage import JobRunUsage

# Counts of an outcome, and their titles.
BOOKS = {
    "read": "read",
    "inserted": "new",
    "updated": "changed",
    "gone": "deleted",
    "superseded": "superseded",
    "quarantined": "quarantined",
}
SHOWN = 100


@click.command()
@click.argument("run_id", required=False)
@click.option(
    "--limit", type=click.IntRange(min=1), default=SHOWN, show_default=True, help="The number of runs shown at most."
)
@looks_at_a_lake
def command(lake: Lake, run_id: str | None, limit: int, as_json: bool) -> None:
    """Show the newest runs and their outcomes, or all about one RUN_ID.

    Seconds and rows are those of the run's tables, added up. A run without its page in the ledger is unfinished: it
    goes on, or it was stopped. On AWS there is also what EMR Serverless bills for the run, in USD.
    """
    from scripts.looking.runs import all_runs, one_run

    if run_id is None:
        runs = list(islice(all_runs(lake), limit + 1))
        print_json(map(facts, runs[:limit])) if as_json else _print_all(runs[:limit])
        if len(runs) > limit and not as_json:
            console().print(f"There are older runs; to show more: --limit {10 * limit}", style="dim")
        return
    run = one_run(lake, run_id)
    print_json([facts(run) | _whole(run)]) if as_json else _print_one(run)


def facts(run: Run) -> dict[str, Any]:
    """A run as JSON: its colour, its business date and its books."""
    from scripts.looking.costs import cost_of_run

    return {
        "run_id": run.run_id,
        "colour": run.colour,
        "business_date": run.business_date,
        "finished_at": run.finished_at,
        "seconds": run.seconds,
        "tables": run.tables,
        **run.counts,
        "cost_usd": cost_of_run(run),
    }


def _whole(run: Run) -> dict[str, Any]:
    from scripts.looking.costs import cost_of_job_run, costs_of_tables

    costs = costs_of_tables(run)
    return {
        "outcomes": [
            outcome.model_dump(mode="json") | {"cost_usd": costs.get((outcome.step, outcome.what))}
            for outcome in run.outcomes
        ],
        "missing_steps": list(run.missing_steps),
        "job_runs": [usage.model_dump(mode="json") | {"cost_usd": cost_of_job_run(usage)} for usage in run.usages],
        "versions": [{"table": v.table, "version": v.version} for v in run.versions],
    }


def _print_all(runs: list[Run]) -> None:
    from scripts.looking.costs import cost_of_run

    out = console()
    wide = out.width >= WIDE
    costs = {run.run_id: cost_of_run(run) for run in runs if run.usages}
    books = _books(has_gone=any(run.total("gone") for run in runs))
    books = books if wide else {name: title for name, title in books.items() if name != "superseded"}
    heads = [Head("run", shrinks=True), Head("colour"), *([Head("day")] if wide else []), Head("finished (UTC)")]
    heads += [Head("table seconds", right=True)] if wide else []
    heads += [Head("tables", right=not wide), *[Head(title, right=True) for title in books.values()]]
    heads += [Head("USD", right=True)] if costs else []
    rows = [
        [
            run.run_id,
            state(run.colour),
            *([run.business_date] if wide else []),
            minute(run.finished_at),
            *([f"{run.seconds:,.1f}"] if wide else []),
            _tables(run.tables, wide=wide),
            *[count(run.total(name)) for name in books],
            *([_usd(costs.get(run.run_id))] if costs else []),
        ]
        for run in runs
    ]
    out.print(grid(heads, rows) if runs else "There was no run yet; start one with: ./lake run daily_batch")


def _books(*, has_gone: bool) -> dict[str, str]:
    """The columns of the books; that of deleted rows only if there are some, since in most runs there are none."""
    return {name: title for name, title in BOOKS.items() if name != "gone" or has_gone}


def _tables(by_status: dict[str, int], *, wide: bool) -> str:
    """How many tables had each status; on a narrow console, how many of all succeeded or were unchanged."""
    if wide:
        return ", ".join(f"{number} {status}" for status, number in by_status.items() if number)
    return f"{by_status['succeeded'] + by_status['unchanged']}/{sum(by_status.values())}"


def _print_one(run: Run) -> None:
    out = console()
    out.print(f"{run.run_id}: ", state(run.colour), sep="")
    if run.finished_at:
        out.print(f"business date {show(run.business_date)}, finished {show(run.finished_at)} UTC")
    out.print()
    out.print(_outcomes(run, wide=out.width >= WIDE))
    if sources := [o for o in run.outcomes if o.cursor or o.requests or o.bytes]:
        out.print("\nwhat was asked of the sources", style="bold")
        out.print(_sources(sources))
    if run.usages:
        out.print("\nwhat EMR Serverless bills", style="bold")
        out.print(_job_runs(run))
    if run.missing_steps:
        out.print(f"\nno outcomes of {', '.join(run.missing_steps)}", style="bold")
        out.print("a job run crashed, or was not started")
    for outcome in (o for o in run.outcomes if o.is_red):
        why = f"{outcome.failure.error}: {outcome.failure.message}" if outcome.failure else outcome.reason
        out.print(f"\n{outcome.what} {outcome.status} in {outcome.step}", style="bold")
        out.print(harmless(why))
    if reasons := [f"{o.what}: {o.reason}" for o in run.outcomes if o.reason and not o.is_red]:
        out.print("\n" + "\n".join(reasons))
    if warned := [f"{o.what}: warned by {rule}: {n:,}" for o in run.outcomes for rule, n in o.warnings.items()]:
        out.print("\n" + "\n".join(warned))
    touched = {o.table for o in run.outcomes}
    if others := [f"{v.table} {show(v.version)}" for v in run.versions if v.table not in touched]:
        out.print(f"\nversions of the other tables: {', '.join(others)}")


def _sources(outcomes: list[TableOutcome]) -> Grid:
    """What was read from the sources for each table, and how far each source has been read since."""
    heads = [Head("table"), *[Head(title, right=True) for title in ("rows", "requests", "bytes")]]
    rows = [[o.table, count(o.read), count(o.requests), size(o.bytes), o.cursor] for o in outcomes]
    return grid([*heads, Head("read up to", shrinks=True)], rows)


def _job_runs(run: Run) -> Grid:
    """What each job run used and cost, and their total."""
    from scripts.looking.costs import cost_of_job_run, cost_of_run

    heads = [Head("step"), Head("job run"), Head("ended")]
    heads += [Head(title, right=True) for title in ("vCPU hours", "GB hours", "storage GB hours", "USD")]
    rows = [[u.step, u.job_run_id, u.state, *_hours([u]), _usd(cost_of_job_run(u), places=4)] for u in run.usages]
    return grid(heads, [*rows, ["all", None, None, *_hours(run.usages), _usd(cost_of_run(run), places=4)]])


def _hours(usages: Sequence[JobRunUsage]) -> list[str]:
    each = [(u.vcpu_hours, u.memory_gb_hours, u.storage_gb_hours) for u in usages]
    return [f"{sum(hours):,.3f}" for hours in zip(*each, strict=True)]


def _usd(cost: float | None, *, places: int = 2) -> str | None:
    return None if cost is None else f"{cost:,.{places}f}"


def _outcomes(run: Run, *, wide: bool) -> Grid:
    """What each step did to each table, with the table's version at the end of the run."""
    from scripts.looking.costs import costs_of_tables

    costs = costs_of_tables(run)
    versions = {v.table: v.version for v in run.versions}
    books = _books(has_gone=any(o.gone for o in run.outcomes))
    heads = [*([Head("step")] if wide else []), Head("table"), Head("status")]
    heads += [Head(title, right=True) for title in (*books.values(), "seconds", *(["USD"] if costs else []), "ver")]
    rows = [
        [
            *([o.step] if wide else []),
            o.what,
            state(o.status),
            *[count(getattr(o, name)) for name in books],
            f"{o.seconds:,.1f}",
            *([_usd(costs.get((o.step, o.what)), places=4)] if costs else []),
            versions.get(o.table, o.version),
        ]
        for o in run.outcomes
    ]
    return grid(heads, rows)
