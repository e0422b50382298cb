"""`lake sql`: runs one SELECT over the lake, in a second and without Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from scripts.cli.output import console, print_json
from scripts.cli.records import print_records
from scripts.cli.request import looks_at_a_lake

if TYPE_CHECKING:
    from scripts.looking.lake import Lake

SHOWN = 50


class CommandWithSql(click.Command):
    """A command whose query may begin with a comment, which would look like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Treat an argument that has a second line as a query, since no option has one."""
        return super().parse_args(
            ctx, [f"\n{word}" if word.startswith("--") and "\n" in word else word for word in args]
        )


@click.command(cls=CommandWithSql)
@click.argument("query")
@click.option("--limit", type=click.IntRange(min=1), help=f"The most rows to give; {SHOWN} without --json.")
@click.option("--as-of", metavar="RUN", help="Read the tables as they were at the end of this run.")
@looks_at_a_lake
def command(lake: Lake, query: str, limit: int | None, as_of: str | None, as_json: bool) -> None:
    """Run one SELECT over the tables, in DuckDB's SQL.

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
    out = console()
    if not answer.rows:
        out.print(", ".join(answer.columns) + ": no rows")
        return
    print_records(out, answer.rows[:most])
    if limit is None and len(answer.rows) > most:
        out.print(f"more than these {most} rows; give --limit, or --json for all", style="dim")
