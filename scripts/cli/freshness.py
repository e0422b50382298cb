"""`lake freshness`: shows whether tables are as new as their contracts promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import Head, console, grid, minute, print_json, state
from scripts.cli.request import looks_at_a_lake

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from shared.freshness import TableAge


@click.command()
@looks_at_a_lake
def command(lake: Lake, as_json: bool) -> None:
    """Show the age of tables that promise a maximum age.

    Those that are late come first; red if one is. A table is up to date as of the last run that read all it depends on,
    whether or not there was anything new. Where the promise names the cursor of a source, it is as of the greatest
    value read.
    """
    from scripts.looking.runs import all_records
    from shared.contracts import load_catalog
    from shared.freshness import ages, deciding, promises

    now = datetime.now(UTC)
    promised = promises(load_catalog())
    found = ages(promised, deciding(promised, all_records(lake)))
    found.sort(key=lambda f: not f.is_late(now))
    if as_json:
        print_json(_facts(f, now) for f in found)
    else:
        heads = [
            Head("table"),
            Head("promised", right=True),
            Head("age", right=True),
            Head("up to date as of (UTC)"),
            Head("status"),
        ]
        console().print(grid(heads, [_line(f, now) for f in found]))
    if any(f.is_late(now) for f in found):
        raise SystemExit(1)


def _facts(found: TableAge, now: datetime) -> dict[str, Any]:
    return {
        "table": found.promise.table,
        "promised_seconds": found.promise.seconds,
        "cursor": found.promise.cursor,
        "as_of": found.as_of,
        "late": found.is_late(now),
    }


def _line(found: TableAge, now: datetime) -> list[object]:
    promised = _span(timedelta(seconds=found.promise.seconds))
    age = _span(now - found.as_of) if found.as_of else None
    how = state("late") if found.is_late(now) else state("fresh")
    return [found.promise.table, promised, age, minute(found.as_of), how]


def _span(age: timedelta) -> str:
    """A span of time for display."""
    hours, minutes = divmod(age.seconds // 60, 60)
    return f"{age.days:,} d {hours} h" if age.days else f"{hours} h {minutes} min"
