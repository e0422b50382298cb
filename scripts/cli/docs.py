"""`lake docs`: writes web pages about the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from scripts.cli.request import names_a_lake


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/docs"),
    show_default=True,
    help="The folder to write to.",
)
@names_a_lake(None, show_default=False)
def command(output: Path, root: str | None) -> None:
    """Write a web page about each table.

    It says what the table is, its columns and what they are made of, its rules, and with --root how it stands in the
    lake.

    Made from the contracts; no row is read. The folder can be opened in a browser or put on any web server.
    """
    from scripts.documenting.site import Site
    from scripts.looking.lake import open_lake
    from scripts.looking.tables import all_statuses
    from shared.contracts import load_catalog

    catalog = load_catalog()
    found = all_statuses(open_lake(root), catalog) if root else []
    count = Site(catalog, {status.table: status for status in found}, datetime.now(UTC)).write(output)
    click.echo(f"{output / 'index.html'}: {count} files about {len(catalog.tables)} tables")
