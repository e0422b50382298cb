"""`lake bench`: measures figures on this computer, which no test asserts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from scripts.cli.request import prints_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from scripts.benching.demo import Figure

ROUNDS = click.option(
    "--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="How often to measure."
)


@click.group()
def command() -> None:
    """Measure what the lake costs on this computer.

    Figures are the least, median and greatest of several rounds.
    """


def measured(function: Callable[[int, Console], list[Figure]], rounds: int, *, as_json: bool) -> None:
    """Measure, and print the figures; progress is printed to standard error."""
    from rich.console import Console

    from scripts.cli.output import Head, console, grid, print_json

    figures = function(rounds, Console(stderr=True))
    if as_json:
        print_json(f.row for f in figures)
        return
    heads = [Head("figure"), Head("unit"), *(Head(h, right=True) for h in ("min", "median", "max"))]
    console().print(grid(heads, [list(f.row.values()) for f in figures]))


@command.command()
@ROUNDS
@prints_json
def demo(rounds: int, *, as_json: bool) -> None:
    """Measure the daily batch: a first load, a day's changes, a day without news; and the memory of it all."""
    from scripts.benching.demo import measure

    measured(measure, rounds, as_json=as_json)


@command.command()
@ROUNDS
@prints_json
def synth(rounds: int, *, as_json: bool) -> None:
    """Measure the synthesis of prod with 15, 500 and 1,000 contracts: time, memory, and how the cost grows."""
    from scripts.benching.synth import measure

    measured(measure, rounds, as_json=as_json)


@command.command()
@ROUNDS
@click.option("--scale", type=click.FloatRange(min=0.001), default=1.0, show_default=True, help="TPC-H's scale factor.")
@click.option("--memory", default="8g", show_default=True, help="Spark's memory.")
@prints_json
def gold(rounds: int, scale: float, memory: str, *, as_json: bool) -> None:
    """Measure built tables on TPC-H: refreshed against rebuilt, and rebuilt against a plain write of the query."""
    from scripts.benching.gold import measure

    measured(partial(measure, scale=scale, memory=memory), rounds, as_json=as_json)


@command.command()
@ROUNDS
@click.option(
    "--rows", type=click.IntRange(min=10_000), default=1_000_000, show_default=True, help="Rows of the table."
)
@click.option("--memory", default="8g", show_default=True, help="Spark's memory.")
@prints_json
def protocol(rounds: int, rows: int, memory: str, *, as_json: bool) -> None:
    """Measure a batch into a table: against a MERGE by hand, with rules and without, and into ten times the rows.

    The same for a batch of events into a history.
    """
    from scripts.benching.protocol import measure

    measured(partial(measure, rows=rows, memory=memory), rounds, as_json=as_json)


@command.command()
@ROUNDS
@click.option(
    "--rows", type=click.IntRange(min=10_000), default=200_000, show_default=True, help="Rows of each source."
)
@click.option("--memory", default="2g", show_default=True, help="Spark's memory.")
@prints_json
def sources(rounds: int, rows: int, memory: str, *, as_json: bool) -> None:
    """Measure the readers of Snowflake, Kafka and files: against the plainest scripts, and the driver's memory."""
    from scripts.benching.sources import measure

    measured(partial(measure, rows=rows, memory=memory), rounds, as_json=as_json)
