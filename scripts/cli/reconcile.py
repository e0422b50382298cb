"""`lake reconcile`: shows whether the lake has what its sources have, as the last runs found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import WIDE, Head, console, count, grid, minute, print_json, run_name, state
from scripts.cli.request import looks_at_a_lake

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid

    from scripts.looking.lake import Lake
    from scripts.looking.reconciled import Reconciled
    from shared.reconciliation import Comparison


@click.command()
@click.argument("table", required=False)
@looks_at_a_lake
def command(lake: Lake, table: str | None, as_json: bool) -> None:
    """Show how tables last compared with their sources.

    Of every bronze table, or of one TABLE with all figures: its source, bronze, and silver. Figures are those that the
    last run with the step reconcile left; nothing is asked anew. Red if one of them differs by more than its contract
    allows, or its source could not be asked.
    """
    from scripts.looking.reconciled import last_reconciled
    from shared.contracts import load_catalog

    catalog = load_catalog()
    found = last_reconciled(lake, catalog)
    if table is not None:
        name = str(catalog.table(table).name)
        found = [r for r in found if name == r.table or name in {c.right for c in r.comparisons}]
    if as_json:
        print_json(map(_facts, found))
    else:
        out = console()
        out.print(_overview(found, out) if table is None else _whole(found))
        for reason in dict.fromkeys(r.reason for r in found if r.reason):
            out.print(f"\n{', '.join(r.table for r in found if r.reason == reason)}: {reason}")
    if any(r.is_red for r in found):
        raise SystemExit(1)


def _facts(found: Reconciled) -> dict[str, Any]:
    return {
        "table": found.table,
        "run_id": found.run_id,
        "at": found.at,
        "reason": found.reason,
        "comparisons": [c.model_dump(mode="json") for c in found.comparisons],
    }


def _overview(found: list[Reconciled], out: Console) -> Grid:
    """One line per comparison: the rows of both sides, and how many of the other figures agree."""
    wide = out.width >= WIDE
    names = [Head("this", shrinks=not wide), Head("against", shrinks=not wide)]
    heads = [*names, Head("rows", right=True), Head("rows", right=True), Head("verdict")]
    heads += [Head("quarantined", right=True), Head("gone", right=True), Head("figures", shrinks=True)] if wide else []
    heads += [Head("what is compared", shrinks=True), Head("run", shrinks=True)] if wide else []
    rows = [
        [
            c.left,
            c.right,
            count(int(c.rows.left or 0)),
            count(int(c.rows.right or 0)),
            state(c.verdict),
            *([count(c.refused), count(c.deleted), _differing(c), c.span, run_name(r.run_id, out)] if wide else []),
        ]
        for r in found
        for c in r.comparisons
    ]
    return grid(heads, rows)


def _differing(comparison: Comparison) -> str:
    differing = ", ".join(m.name for m in comparison.differing)
    return f"differ: {differing}" if differing else f"all {len(comparison.measures)} agree"


def _whole(found: list[Reconciled]) -> Grid:
    """One line per figure."""
    heads = [Head("this"), Head("against"), Head("figure"), Head("left", right=True), Head("right", right=True)]
    rows = [
        [c.left, c.right, m.name, m.left, m.right, "" if m.left == m.right else state(c.verdict), c.span, minute(r.at)]
        for r in found
        for c in r.comparisons
        for m in c.measures
    ]
    return grid([*heads, Head("verdict"), Head("what is compared", shrinks=True), Head("at (UTC)")], rows)
