"""`lake access`: sets an environment's Lake Formation to what the contracts say."""

from __future__ import annotations

import click

from scripts.cli.request import prints_json


@click.command()
@click.argument("env")
@click.option("--dry-run", is_flag=True, help="Say what would be changed, and change nothing.")
@prints_json
def command(env: str, *, dry_run: bool, as_json: bool) -> None:
    """Set tags, filters and grants of ENV as the contracts say.

    A deploy does this when the contracts' access has changed. It does not undo what was changed by hand; this command
    does.
    """
    from lambdas.on_access_declared.logic import bring, require_all_made
    from scripts.cli.output import Head, console, grid, print_json
    from scripts.operating.lake_formation import lake_formation_of
    from shared.config import load_environment
    from shared.contracts import load_catalog
    from shared.governance.environments import access_of

    environment = load_environment(env)
    wanted = access_of(environment, load_catalog())
    steps = bring(lake_formation_of(environment), wanted, only_plan=dry_run)
    if as_json:
        print_json(step.row for step in steps)
    elif steps:
        heads = [Head("place"), Head("status"), Head("change", wraps=True), Head("error", wraps=True)]
        console().print(grid(heads, [[step.row[head.title] for head in heads] for step in steps]))
    else:
        click.echo("nothing to change: everybody sees what the contracts say")
    require_all_made(steps)
