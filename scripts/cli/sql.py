"""`lake sql`: one SELECT over the lake, in a second and without Spark."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import Head, console, grid, looks_at_a_lake, print_json

if TYPE_CHECKING:
    from scripts.looking.lake import Lake

SHOWN = 50


@click.command()
@click.argument("query")
@click.option("--limit", type=click.IntRange(min=1), help=f"The most rows to give; {SHOWN} without --json.")
@click.option("--as-of", metavar="RUN", help="Read the tables as they were at the end of this run.")
@looks_at_a_lake
def command(lake: Lake, query: str, limit: int | None, as_of: str | None, as_json: bool) -> None:
    """Answer one SELECT over the tables of the lake, in DuckDB's SQL.

    Tables are named silver.orders, gold.sales_fact, bronze.snowflake__orders; what a table refused is
    quarantine.silver__orders. Nothing can be written, and no other file be read.
    """
    from scripts.looking.query import select

    run = None
    if as_of is not None:
        from scripts.looking.runs import finished_run

        run = finished_run(lake, as_of)
    if as_json:
        print_json(select(lake, query, limit=limit, as_of=run).rows)
        return
    most = limit or SHOWN
    answer = select(lake, query, limit=most + 1, as_of=run)
    _print(answer.columns, answer.rows[:most], is_cut=limit is None and len(answer.rows) > most)


def _print(columns: list[str], rows: list[dict[str, Any]], *, is_cut: bool) -> None:
    out = console()
    # Numbers stay as they are: many are keys, which somebody copies from here.
    heads = [Head(name, right=any(_is_number(row[name]) for row in rows), shrinks=True) for name in columns]
    out.print(grid(heads, [list(row.values()) for row in rows]))
    if is_cut:
        out.print(f"There are more rows than these {SHOWN}: give --limit, or --json for all.", style="dim")
    elif not rows:
        out.print("no rows", style="dim")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
