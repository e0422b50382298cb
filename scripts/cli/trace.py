"""`lake trace`: where a row comes from and where it went."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

import click

from scripts.cli.output import Head, console, grid, looks_at_a_lake, print_json, show

if TYPE_CHECKING:
    from rich.console import Console

    from scripts.looking.lake import Lake
    from scripts.looking.places import Finding

SHOWN = 10


@click.command()
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@looks_at_a_lake
def command(lake: Lake, table: str, key: tuple[str, ...], as_json: bool) -> None:
    """Show where the row of TABLE with a KEY comes from and where it went.

    KEY is 43659, or 43659,1 in the order of the primary key, or order_id=43659 for a part of it. From source position
    and bronze over the quarantine to silver and gold, along the contracts; where they do not say how to go on, that
    is said.
    """
    from scripts.looking.keys import read_key
    from scripts.looking.trace import trace
    from shared.contracts import load_catalog

    catalog = load_catalog()
    contract = catalog.table(table)
    found = trace(lake, catalog, contract, read_key(contract, key))
    if as_json:
        print_json(map(asdict, found))
        return
    out = console()
    for (name, what), group in groupby(found, key=lambda f: (f.table, f.what)):
        _print_group(out, name, what, list(group))


def _print_group(out: Console, name: str, what: str, found: list[Finding]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    via = found[0].via
    if what == "note":
        for finding in found:
            out.print(Text.assemble((name, "bold"), f"  {finding.note}", (f"  {via}", "dim")))
        return
    title = f"quarantine of {name}" if what == "quarantined" else name
    rows = "1 row" if len(found) == 1 else f"{len(found):,} rows"
    source = f"  from {found[0].source}" if found[0].source else ""
    style = "bold yellow" if what == "quarantined" else "bold"
    out.print(Text.assemble((title, style), f"  {rows}{source}", (f"  {via}", "dim")))
    landed = found[0].batch is not None
    if len(found) == 1 and not landed:
        out.print(Padding(Text(show(found[0].row)), (0, 0, 0, 2)))
        return
    heads = [Head("batch", right=True), Head("run", shrinks=True), Head("at (UTC)"), Head("position", shrinks=True)]
    heads = heads if landed else []
    heads += [Head("rules")] if what == "quarantined" else []
    shown = [
        [
            *([f.batch, f.run_id, show(f.at)[:16], f.source_position] if landed else []),
            *([f.rules] if what == "quarantined" else []),
            f.row,
        ]
        for f in found[:SHOWN]
    ]
    out.print(Padding(grid([*heads, Head("row", shrinks=True)], shown), (0, 0, 0, 2)))
    if len(found) > SHOWN:
        out.print(f"  {len(found) - SHOWN:,} more; --json gives all", style="dim")
