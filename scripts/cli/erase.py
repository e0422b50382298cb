"""`lake erase`: erases a person from every layer, and proves it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.cli.output import Head, console, count, grid, print_json
from scripts.cli.request import prints_json, refusing, works_in_a_folder

if TYPE_CHECKING:
    from shared.erasure import ErasureRecord


@click.command()
@click.option(
    "--subject",
    required=True,
    metavar="KIND=ID",
    help="The person, by a key that contracts call a subject: customer=ID, contact=ID.",
)
@click.option("--dry-run", is_flag=True, help="Only show where the person is.")
@works_in_a_folder(str)
@prints_json
def command(subject: str, root: str, *, dry_run: bool, as_json: bool) -> None:
    """Erase a person from every table, and prove it.

    Old files are removed, and the bytes that are left are searched.
    """
    from rich.console import Console

    from scripts.looking.errors import WrongRequestError
    from scripts.looking.lake import open_lake
    from scripts.running.erasing import erase_locally
    from shared.contracts import load_catalog
    from shared.contracts.subjects import search_steps
    from shared.erasure import ErasureRequest
    from shared.errors import TerminalError, UnknownNameError

    with refusing():
        try:
            request = ErasureRequest.of_text(subject, dry_run=dry_run)
            search_steps(catalog := load_catalog(), request.kind)
        except UnknownNameError:
            raise
        except TerminalError as error:
            raise WrongRequestError(error.what, given=error.given, expected=error.expected) from error
        if "://" in root:
            raise WrongRequestError(
                "a lake in a bucket is erased by a job run on EMR",
                given=root,
                mend="see docs/personal_data.md, Erasure",
            )
        open_lake(root)
    with Console(stderr=True).status("looking for the person in every table"):
        record, cause = erase_locally(Path(root), request, catalog)
    if as_json:
        print_json([place.model_dump() for place in record.places])
    else:
        _print(record)
    if cause:
        click.echo(f"The erasure is red: {cause}", err=True)
    sys.exit(1 if cause or record.left else 0)


def _print(record: ErasureRecord) -> None:
    out = console()
    if record.places:
        rows = [[place.place, count(place.rows)] for place in record.places]
        out.print(grid([Head("place"), Head("rows found" if record.dry_run else "rows erased", right=True)], rows))
    else:
        out.print("No table has a row of this person.")
        if record.complete_on is None and not record.dry_run:
            out.print("Nothing was done, and nobody is kept out. Is the key right?")
    for text in record.to_look_at if record.places or record.complete_on else ():
        out.print(f"Look at it yourself: {text}")
    if record.complete_on is None:
        return
    logs = "log files may name the key" if record.in_logs is None else f"{record.in_logs} log files name the key"
    out.print(
        f"{record.scanned_files:,} files read, {len(record.left)} with something of the person; "
        f"{logs} until {record.complete_on}."
    )
    out.print(f"Record: erasures/{record.run_id}.json", style="dim")
