"""`lake replacements`: shows what a deploy would remove or replace."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scripts.cli.request import prints_json

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("base", type=FOLDER)
@click.argument("head", type=FOLDER)
@prints_json
def command(base: Path, head: Path, *, as_json: bool) -> None:
    """Show what a deploy would remove or replace.

    It compares two folders of templates, BASE as deployed and HEAD as it would be; red if anything that keeps data
    goes.
    """
    from scripts.cli.output import Head, console, grid, print_json
    from scripts.comparing.replacements import losses

    found = losses(base, head)
    rows = [loss._asdict() for loss in found]
    if as_json:
        print_json(rows)
    elif rows:
        heads = [Head(name, wraps=name in {"resource", "why"}) for name in rows[0]]
        console().print(grid(heads, [list(row.values()) for row in rows]))
    else:
        click.echo("nothing is removed or replaced")
    sys.exit(1 if any(loss.keeps_data for loss in found) else 0)
