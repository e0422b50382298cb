"""`lake quarantine`: the rows that rules refused, counted or one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import Head, console, count, grid, looks_at_a_lake, print_json, show

if TYPE_CHECKING:
    from scripts.looking.lake import Lake

SHOWN = 50


@click.command()
@click.argument("table", required=False)
@click.option("--rule", help="Only what this rule refused.")
@looks_at_a_lake
def command(lake: Lake, table: str | None, rule: str | None, as_json: bool) -> None:
    """Count what each rule of each table refused, or show the refused rows of one TABLE.

    A row that failed several rules counts for each of them.
    """
    from scripts.looking.quarantine import overview, refused
    from shared.contracts import load_catalog

    catalog = load_catalog()
    if table is None:
        found, view = overview(lake, catalog, rule), _print_overview
    else:
        found, view = refused(lake, catalog.table(table).name, rule), _print_rows
    if as_json:
        print_json(found)
    elif found:
        view(found)
    else:
        console().print("Nothing is quarantined" + (f" for {rule}" if rule else "") + (f" of {table}" if table else ""))


def _print_overview(found: list[dict[str, Any]]) -> None:
    heads = [Head("table"), Head("rule"), Head("rows", right=True)]
    heads += [Head(f"{end} {what}", shrinks=what == "run") for end in ("first", "last") for what in ("run", "seen (UTC)")]
    rows = [
        [r["table"], r["rule"], count(r["rows"]), *_when(r["first_run"], r["first_at"]), *_when(r["last_run"], r["last_at"])]
        for r in found
    ]
    console().print(grid(heads, rows))


def _when(run: str, at: object) -> tuple[str, str]:
    return run, show(at)[:16]


def _print_rows(found: list[dict[str, Any]]) -> None:
    out = console()
    heads = [Head("batch", right=True), Head("refused (UTC)"), Head("rules"), Head("source", shrinks=True)]
    heads += [Head("row", shrinks=True)]
    rows = [
        [r["batch"], show(r["quarantined_at"])[:16], r["rules"], r["source_position"], r["row"]] for r in found[:SHOWN]
    ]
    out.print(grid(heads, rows))
    if len(found) > SHOWN:
        out.print(f"{len(found) - SHOWN:,} more; --json gives all", style="dim")
