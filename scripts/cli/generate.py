"""`lake generate`: fills the sources of a lake with synthetic data of any size."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path

import click

from scripts.cli.output import Head, console, count, grid, print_json
from scripts.cli.request import prints_json, refusing, works_in_a_folder


@click.command()
@click.option("--scale", type=click.IntRange(min=1, max=2000), required=True, help="How many times the samples.")
@click.option("--day", type=click.IntRange(1, 2), default=1, show_default=True, help="The day the sources are at.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed has other rows dirty, late, gone.")
@works_in_a_folder()
@prints_json
def command(*, scale: int, day: int, seed: int, root: Path, as_json: bool) -> None:
    """Fill the sources of a lake with synthetic data.

    It is the samples many times, with keys of their own. Keys and what points to them are known from the contracts. Of
    a hundred rows one is dirty, one doubled, one late and one deleted: --day 2 brings late rows and takes deleted ones
    away. `./lake run` then reads what is there.
    """
    from scripts.generating.copies import Copying
    from scripts.generating.generated import generate
    from scripts.running.lake_lock import locked

    folder = root.resolve()
    with refusing(), locked(folder):
        filled = generate(folder, Copying(scale=scale, seed=seed, day=day))
    if as_json:
        print_json(asdict(f) for f in filled)
        return
    out = console()
    out.print(grid([Head("table"), Head("rows", right=True)], [[f.table, count(f.rows)] for f in filled]))
    again = f"./lake run daily_batch --root {shlex.quote(str(root))}"
    out.print(f"\nday {day} is at the sources of {root}; read it: {again}", soft_wrap=True)
