"""`lake bench`: figures measured on this computer; none of them is asserted anywhere."""

from __future__ import annotations

import click


@click.group()
def command() -> None:
    """Measure what the lake costs on this computer, as least, median and greatest of several rounds."""


@command.command()
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="How often to measure.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON array.")
def demo(rounds: int, *, as_json: bool) -> None:
    """Measure the daily batch: a first load, a day's changes, a day without news; and the memory of it all."""
    from rich.console import Console

    from scripts.cli.output import Head, console, grid, print_json
    from scripts.running.bench_demo import measure

    figures = measure(rounds, Console(stderr=True))
    if as_json:
        print_json(f.row for f in figures)
        return
    heads = [Head("figure"), Head("unit"), *(Head(h, right=True) for h in ("min", "median", "max"))]
    console().print(grid(heads, [list(f.row.values()) for f in figures]))
