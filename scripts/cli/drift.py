"""`lake drift`: what stands on AWS otherwise than the contracts say."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("env")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as one JSON array.")
def command(env: str, *, as_json: bool) -> None:
    """Compare the contracts with Glue, Delta and Lake Formation of ENV; red if anything differs."""
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
