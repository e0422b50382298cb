"""`lake smoke`: checks what only AWS can show, with a job, a machine, queries and requests on AWS."""

from __future__ import annotations

import sys

import click

from scripts.cli.request import prints_json


@click.command()
@click.argument("env")
@prints_json
def command(env: str, *, as_json: bool) -> None:
    """Check point by point what only AWS can show.

    That is the image, Delta on S3, leases, .sync, readers in Athena and readers of the API. It ends red if one point
    fails.
    """
    from scripts.cli.output import Head, console, grid, print_json
    from scripts.cli.request import refusing
    from scripts.operating.smoke import smoke
    from shared.config import load_environment
    from shared.contracts import load_catalog
    from shared.smoke import PointStatus

    with refusing():
        points = smoke(load_environment(env), load_catalog())
    if as_json:
        print_json(point.model_dump(mode="json") for point in points)
    else:
        heads = [Head("point", wraps=True), Head("status"), Head("found", wraps=True), Head("to fix", wraps=True)]
        console().print(grid(heads, [[p.point, p.status, p.found, p.mend] for p in points]))
    sys.exit(1 if any(point.status is PointStatus.FAILED for point in points) else 0)
