"""`lake runs`: the ledger, newest run first, or all about one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import Head, console, count, grid, looks_at_a_lake, print_json, show, state

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from scripts.looking.runs import Run

BOOKS = {"read": "read", "inserted": "new", "updated": "changed", "superseded": "superseded", "quarantined": "refused"}


@click.command()
@click.argument("run_id", required=False)
@looks_at_a_lake
def command(lake: Lake, run_id: str | None, as_json: bool) -> None:
    """Show every run and what came of it, or all about one RUN_ID.

    Seconds and rows are those of the run's tables, added up. A run without its page in the ledger is unfinished: it
    goes on, or it was stopped.
    """
    from scripts.looking.runs import all_runs, one_run

    if run_id is None:
        runs = all_runs(lake)
        print_json(map(_facts, runs)) if as_json else _print_all(runs)
        return
    run = one_run(lake, run_id)
    print_json([_facts(run) | _whole(run)]) if as_json else _print_one(run)


def _facts(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "colour": run.colour,
        "business_date": run.business_date,
        "finished_at": run.finished_at,
        "seconds": run.seconds,
        "tables": run.tables,
        **run.counts,
    }


def _whole(run: Run) -> dict[str, Any]:
    return {
        "outcomes": [outcome.model_dump(mode="json") for outcome in run.outcomes],
        "versions": [{"table": v.table, "version": v.version} for v in run.versions],
    }


def _print_all(runs: list[Run]) -> None:
    heads = [Head("run", shrinks=True), Head("colour"), Head("day"), Head("finished (UTC)"), Head("seconds", right=True)]
    heads += [Head("tables", shrinks=True), *[Head(title, right=True) for title in BOOKS.values()]]
    out = console()
    rows = [
        [
            run.run_id,
            state(run.colour),
            run.business_date,
            show(run.finished_at)[:16],
            f"{run.seconds:,.1f}",
            ", ".join(f"{n} {status}" for status, n in run.tables.items() if n),
            *[count(run.counts[name]) for name in BOOKS],
        ]
        for run in runs
    ]
    out.print(grid(heads, rows) if runs else "There was no run yet; start one with: ./lake run daily_batch")


def _print_one(run: Run) -> None:
    out = console()
    out.print(f"{run.run_id}: ", state(run.colour), sep="")
    out.print(f"business date {show(run.business_date)}, finished {show(run.finished_at)} UTC")
    out.print()
    versions = {v.table: v.version for v in run.versions}
    heads = [Head("step"), Head("table"), Head("status"), *[Head(title, right=True) for title in BOOKS.values()]]
    heads += [Head("seconds", right=True), Head("version", right=True)]
    rows = [
        [
            o.step,
            o.table,
            state(o.status),
            *[count(getattr(o, name)) for name in BOOKS],
            f"{o.seconds:,.1f}",
            versions.get(o.table, o.version),
        ]
        for o in run.outcomes
    ]
    out.print(grid(heads, rows))
    for outcome in (o for o in run.outcomes if o.is_red):
        told = f"{outcome.failure.error}: {outcome.failure.message}" if outcome.failure else outcome.reason
        out.print()
        out.print(f"{outcome.table} {outcome.status} in {outcome.step}", style="bold")
        out.print(told)
    others = sorted(versions.keys() - {o.table for o in run.outcomes})
    if others:
        told = ", ".join(f"{t} {'–' if versions[t] is None else versions[t]}" for t in others)
        out.print(f"\nversions of the other tables: {told}")
