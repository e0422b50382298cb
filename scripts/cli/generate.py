"""`lake generate`: fills the sources of a lake with synthetic data of any size."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path

import click

from scripts.cli.output import Head, console, count, grid, print_json
from scripts.cli.request import refusing


@click.command()
@click.option("--scale", type=click.IntRange(min=1, max=2000), required=True, help="How many times the samples.")
@click.option("--day", type=click.IntRange(1, 2), default=1, show_default=True, help="The day the sources are at.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed has other rows dirty, late, gone.")
@click.option("--root", type=click.Path(path_type=Path), default=Path(".lake"), show_default=True, help="The lake.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows of each table as one JSON array.")
def command(*, scale: int, day: int, seed: int, root: Path, as_json: bool) -> None:
    """Fill the sources of a lake with synthetic data: the samples many times, with keys of their own.

    Keys and what points to them are known from the contracts. Of a hundred rows one is dirty, one doubled, one late and
    one deleted: --day 2 brings late rows and takes deleted ones away. `./lake run` then reads what is there.
    """
    from scripts.generating.copies import Copying
    from scripts.generating.generated import generate
    from scripts.running.lake_lock import locked

    with refusing(), locked(root.resolve()):
        held = generate(root.resolve(), Copying(scale=scale, seed=seed, day=day))
    if as_json:
        print_json(asdict(h) for h in held)
        return
    out = console()
    out.print(grid([Head("table"), Head("rows", right=True)], [[h.table, count(h.rows)] for h in held]))
    again = f"./lake run daily_batch --root {shlex.quote(str(root))}"
    out.print(f"\nday {day} is at the sources of {root}; read it: {again}", soft_wrap=True)
