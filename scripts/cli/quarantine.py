"""`lake quarantine`: the rows that rules refused, counted or one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import WIDE, Head, console, count, grid, minute, print_json, run_name
from scripts.cli.request import looks_at_a_lake

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
    out = console()
    wide = out.width >= WIDE
    heads = [Head("table"), Head("rule", shrinks=True), Head("rows", right=True)]
    for end in ("first", "last"):
        heads += [Head(f"{end} run"), *([Head(f"{end} seen (UTC)")] if wide else [])]
    rows = [
        [
            r["table"],
            r["rule"],
            count(r["rows"]),
            *[run_name(r["first_run"], out), *([minute(r["first_at"])] if wide else [])],
            *[run_name(r["last_run"], out), *([minute(r["last_at"])] if wide else [])],
        ]
        for r in found
    ]
    out.print(grid(heads, rows))


def _print_rows(found: list[dict[str, Any]]) -> None:
    out = console()
    heads = [Head("batch", right=True), Head("refused (UTC)"), Head("rules"), Head("source", shrinks=True)]
    heads += [Head("row", shrinks=True)]
    rows = [
        [r["batch"], minute(r["quarantined_at"]), r["rules"], r["source_position"], r["row"]] for r in found[:SHOWN]
    ]
    out.print(grid(heads, rows))
    if len(found) > SHOWN:
        out.print(f"{len(found) - SHOWN:,} more; --json gives all", style="dim")
