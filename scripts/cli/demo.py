"""`lake demo`: runs two days of the sample sources through the daily batch, on this computer."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from scripts.cli.output import progress_console
from scripts.cli.request import HERE, works_in_a_folder

if TYPE_CHECKING:
    from rich.console import Console

NEXT = (
    ("./lake sql 'select * from gold.daily_revenue order by order_date desc limit 5'", "ask gold something"),
    ("./lake quarantine", "see which rows were refused, and why"),
    ("./lake trace silver.orders 43659", "follow one order from its source to gold"),
    ("./lake serve", "give out customers one by one, as the API on AWS does: /customers/29485"),
)


@click.command()
@works_in_a_folder()
def command(root: Path) -> None:
    """Build a demo lake from the samples, in runs for two days.

    The second day brings late and dirty rows, and Salesforce.
    """
    from scripts.running.local_lake import LocalLake
    from scripts.running.run import run_machine
    from scripts.running.summary import summary
    from scripts.sources.deliveries import DELIVERIES
    from shared.jobs import Colour
    from shared.names import Machine

    console = progress_console()
    what = ": orders from Snowflake, clicks from Redshift, CRM files, ECB rates and Salesforce, all on this computer."
    console.print(Text.assemble("A lake in ", (str(root), "bold"), what), soft_wrap=True)
    days = DELIVERIES
    if (root / "runs").exists():
        days = DELIVERIES[-1:]  # the sources cannot go back to a day that the lake has seen
        console.print("It is there already, so only its last day is run; remove the folder to begin anew.")
    records = []
    with LocalLake(root, days[0], console) as lake:
        for day in days:
            lake.sources.deliver(day)
            # Salesforce takes a separate run, and once is enough to show it.
            machines = (Machine.DAILY_BATCH, Machine.SALESFORCE_INGESTION)[: 2 if day == days[-1] else 1]
            for machine in machines:
                console.rule(f"day {day} of {len(DELIVERIES)}: {machine}", align="left")
                record, cause = run_machine(lake, machine, {}, console)
                records.append(record)
                if cause:
                    console.print(f"The run is red: {cause}", style="red")
    for record in records:
        console.print()
        console.print(summary(record))
    say_next(console, root)
    sys.exit(0 if all(r.colour is Colour.GREEN for r in records) else 1)


def say_next(console: Console, root: Path) -> None:
    """Print where the lake is, and commands to copy."""
    console.print(Text.assemble("\nThe lake is in ", (str(root.resolve()), "bold"), ". Try next:"), soft_wrap=True)
    for line, why in NEXT:
        option = "" if root == Path(HERE) else f" --root {shlex.quote(str(root))}"
        console.print(f"  {line}{option}", style="cyan", highlight=False, soft_wrap=True)
        console.print(f"      {why}", style="dim")
