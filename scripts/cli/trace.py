"""`lake trace`: where a row comes from and where it went."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import console, minute, one_line, print_json, run_name, tail
from scripts.cli.records import records
from scripts.cli.request import looks_at_a_lake

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from scripts.looking.findings import Finding
    from scripts.looking.lake import Lake

SHOWN = 10
INDENT = 2
POSITION_TAIL = 28


@click.command()
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@looks_at_a_lake
def command(lake: Lake, table: str, key: tuple[str, ...], as_json: bool) -> None:
    """Follow the row of TABLE with a KEY from source to gold.

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
    for _, group in groupby(found, key=lambda f: (f.table, f.what)):
        _print_group(out, list(group))


def _print_group(out: Console, found: list[Finding]) -> None:
    """Print the findings of one kind in one table."""
    from rich.padding import Padding
    from rich.text import Text

    first = found[0]
    if first.note:
        for finding in found:
            out.print(Text.assemble((finding.table, "bold"), f"  {finding.note}"))
        return
    title = f"quarantine of {first.table}" if first.rules else first.table
    rows = "1 row" if len(found) == 1 else f"{len(found):,} rows"
    source = f"  from {first.source}" if first.source else ""
    out.print(Text.assemble((title, "bold"), f"  {rows}{source}", (f"  {first.via}", "dim")))
    out.print(Padding(_rows(found[:SHOWN], out), (0, 0, 0, INDENT), expand=False))
    if len(found) > SHOWN:
        out.print(f"{' ' * INDENT}{len(found) - SHOWN:,} more; --json gives all", style="dim")


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """A row without the engine's columns that are null."""
    return {name: value for name, value in row.items() if value is not None or not name.startswith("_")}


def _rows(found: list[Finding], out: Console) -> RenderableType:
    """Rows as a table with the columns that fit, landed or refused ones with batch and position; a single row whole."""
    from rich.text import Text

    rows = [_known(finding.row or {}) for finding in found]
    if found[0].batch is None:
        if len(rows) == 1:
            return Text("  ".join(f"{name}={one_line(value)}" for name, value in rows[0].items()))
        return records(rows, out.width - INDENT)[0]
    before: list[tuple[str, list[object]]] = [
        ("batch", [f.batch for f in found]),
        ("run", [run_name(f.run_id, out) for f in found]),
        ("at (UTC)", [minute(f.at) for f in found]),
        ("position", [tail(f.source_position or "", POSITION_TAIL) for f in found]),
    ]
    if found[0].rules:
        before.insert(3, ("rules", [f.rules for f in found]))
    return records(rows, out.width - INDENT, before)[0]
