"""`lake run MACHINE`: a state machine of the lake, run whole on this computer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from rich.console import Console

if TYPE_CHECKING:
    from datetime import datetime

    from shared.names import Machine


@click.command()
@click.argument("machine")
@click.option(
    "--select", multiple=True, metavar="TABLE", help="Only this table; +TABLE with inputs, TABLE+ with users."
)
@click.option("--business-date", type=click.DateTime(["%Y-%m-%d"]), help="The day the run takes for today (UTC).")
@click.option("--root", type=click.Path(path_type=Path), default=Path(".lake"), help="The lake's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's outcomes as one JSON array.")
def command(
    machine: str, select: tuple[str, ...], business_date: datetime | None, root: Path, *, as_json: bool
) -> None:
    """Run a state machine, such as daily_batch, on this computer."""
    from scripts.running.run import request
    from shared.contracts import load_catalog
    from shared.errors import UnknownNameError
    from shared.names import Machine

    if machine not in set(Machine):
        raise UnknownNameError("machine", machine, sorted(Machine))
    load_catalog().select(select)  # a wrong name is told before anything starts
    given = request(select, business_date.date() if business_date else None)
    run_here(root, Machine(machine), given, as_json=as_json)


def run_here(root: Path, machine: Machine, given: dict[str, object], *, as_json: bool) -> NoReturn:
    """Run a machine on this computer with an input, tell how it went, and end with 0 when it is green, else with 1."""
    from scripts.running.local_lake import LocalLake
    from scripts.running.run import run_machine
    from scripts.running.summary import nothing_changed, summary
    from scripts.sources.deliveries import DELIVERIES
    from shared.jobs import Colour

    console = Console(stderr=as_json)
    with LocalLake(root, DELIVERIES[-1], console) as lake:
        record, cause = run_machine(lake, machine, given, console)
    if as_json:
        click.echo(json.dumps([o.model_dump(mode="json") for o in record.outcomes]))
    else:
        console.print(summary(record))
        if nothing_changed(record):
            console.print("Nothing changed: every table was up to date.")
    if cause:
        console.print(f"The run is red: {cause}", style="red", markup=False)
    sys.exit(0 if record.colour is Colour.GREEN and not cause else 1)
