"""`lake run MACHINE`: runs a state machine of the lake, entirely on this computer."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from scripts.cli.output import progress_console
from scripts.cli.request import prints_json, refusing, selects_tables, works_in_a_folder

if TYPE_CHECKING:
    from datetime import datetime

    from shared.contracts import Table
    from shared.jobs import Window
    from shared.names import Machine


@click.command()
@click.argument("machine")
@selects_tables
@click.option("--business-date", type=click.DateTime(["%Y-%m-%d"]), help="The day the run takes for today (UTC).")
@click.option(
    "--from",
    "since",
    metavar="T",
    help="Start of a window of the cursor, as in 2011-06-01 or 2011-06-01T06:00:00Z; a number for a numeric cursor.",
)
@click.option("--to", "until", metavar="T", help="End of the window (exclusive).")
@works_in_a_folder()
@prints_json
def command(
    machine: str,
    *,
    select: tuple[str, ...],
    business_date: datetime | None,
    since: str | None,
    until: str | None,
    root: Path,
    as_json: bool,
) -> None:
    """Run a state machine, such as daily_batch, on this computer.

    MACHINE is daily_batch, salesforce_ingestion, file_landed or maintenance. With --from and --to, each source that has
    a cursor is read again for that window; the next ordinary run continues where it was.
    """
    from scripts.running.run import request
    from shared.contracts import load_catalog
    from shared.errors import UnknownNameError
    from shared.names import Machine

    if machine not in set(Machine):
        raise UnknownNameError("machine", machine, sorted(Machine))
    catalog = load_catalog()
    # A wrong name is refused before anything starts.
    tables = catalog.asked(select, Machine(machine))
    with refusing():
        window = _window(since, until, tables)
    given = request(select, business_date.date() if business_date else None, window)
    run_here(root, Machine(machine), given, as_json=as_json)


def _window(since: str | None, until: str | None, tables: list[Table]) -> Window | None:
    """The requested window; None if there is none.

    Raises:
        WrongRequestError: one of its ends is missing, or no table has a source with windows.
        WindowError: it does not fit a table's cursor.
    """
    from scripts.looking.errors import WrongRequestError
    from shared.jobs import Window

    if since is None and until is None:
        return None
    if not since or not until:
        raise WrongRequestError(
            "a window has two ends", given=f"--from {since} --to {until}", mend="give --from and --to"
        )
    window = Window(since=since, until=until)
    check_window(tables, window)
    return window


def check_window(tables: list[Table], window: Window) -> None:
    """Refuse a window that none of the tables can read, or that does not fit the cursor of one that has a cursor.

    Raises:
        WindowError: an end is not a value of a table's cursor, or the window ends before it begins.
        WrongRequestError: no table has a source that is read by a cursor.
    """
    from jobs.ingest.cursor_range import CursorRange
    from scripts.looking.errors import WrongRequestError
    from shared.contracts.cursor import EXAMPLES, cursor_value
    from shared.contracts.source import CONNECTORS

    asked = [(t, t.source) for t in tables if t.source and t.source.has_windows]
    for table, source in asked:
        # In bronze, Salesforce's timestamps are text.
        types = {c.name: "timestamp" if source.type in CONNECTORS else c.type for c in table.columns}
        type_, wanted = types[str(source.cursor)], CursorRange.of(source, None, window)
        try:
            wanted.values(partial(cursor_value, type_))
        except ValueError as error:
            cursor, expected = f"{source.cursor} of type {type_}", EXAMPLES.get(type_, "a value of that type")
            raise wanted.misfit(table, cursor, expected) from error
    if not asked:
        raise WrongRequestError(
            "no source of these tables has a cursor, so a window cannot select part of them",
            given=", ".join(str(t.name) for t in tables),
            mend="select tables of Snowflake, Redshift or Salesforce with a cursor, as in --select +silver.orders",
        )


def run_here(root: Path, machine: Machine, given: dict[str, object], *, as_json: bool) -> NoReturn:
    """Run a machine on this computer with an input, print how it went, and exit with 0 if it is green, else with 1."""
    from scripts.running.local_lake import LocalLake
    from scripts.running.run import run_machine
    from scripts.running.summary import nothing_changed, summary
    from scripts.sources.deliveries import DELIVERIES
    from shared.jobs import Colour

    console = progress_console(on_stderr=as_json)
    with LocalLake(root, DELIVERIES[-1], console) as lake:
        record, cause = run_machine(lake, machine, given, console)
    if as_json:
        click.echo(json.dumps([o.model_dump(mode="json") for o in record.outcomes]))
    else:
        console.print(summary(record))
        if nothing_changed(record):
            console.print("Nothing changed: every table was up to date.")
    if cause:
        console.print(f"The run is red: {cause}", style="red")
    sys.exit(0 if record.colour is Colour.GREEN and not cause else 1)
