"""`lake drift`: compares what is on AWS with the contracts."""

from __future__ import annotations

import sys

import click

from scripts.cli.request import prints_json


@click.command()
@click.argument("env")
@prints_json
def command(env: str, *, as_json: bool) -> None:
    """Compare Glue, Delta and Lake Formation with the contracts.

    Red if anything of ENV differs.
    """
    from scripts.cli.output import Head, console, grid, print_json
    from scripts.operating.drift import Difference, drift
    from shared.config import load_environment
    from shared.contracts import load_catalog

    found = drift(load_environment(env), load_catalog())
    if as_json:
        print_json(difference.row for difference in found)
    elif found:
        heads = [Head(name, wraps=name != "where") for name in Difference._fields]
        console().print(grid(heads, [list(difference) for difference in found]))
    else:
        click.echo("no difference")
    sys.exit(1 if found else 0)
