"""`lake rollback RUN`: restores tables to their state at the end of a run."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from scripts.cli.output import Head, console, grid, one_line, print_json
from scripts.cli.request import prints_json, refusing, selects_tables, works_in_a_folder


@click.command()
@click.argument("run_id")
@selects_tables
@click.option("--dry-run", is_flag=True, help="Only show which versions would be brought back.")
@works_in_a_folder(str)
@prints_json
def command(run_id: str, select: tuple[str, ...], root: str, *, dry_run: bool, as_json: bool) -> None:
    """Restore tables to their state at the end of RUN_ID.

    The next run reads again what came since. It goes back up to 14 days, and not behind an erasure.
    """
    from scripts.cli.run import run_here
    from scripts.looking.errors import WrongRequestError
    from scripts.looking.lake import open_lake
    from scripts.looking.rollback_preview import preview_rollback
    from scripts.looking.runs import finished_run
    from scripts.running.run import request
    from shared.contracts import load_catalog
    from shared.errors import TerminalError
    from shared.names import Machine

    with refusing():
        if "://" in root:
            raise WrongRequestError(
                "a lake in a bucket is rolled back by its machine",
                given=root,
                mend=f'start the machine maintenance with {{"rollback": "{run_id}"}}',
            )
        lake = open_lake(root)
        run = finished_run(lake, run_id)
        tables = load_catalog().select(select)
    if not dry_run:
        run_here(Path(root), Machine.MAINTENANCE, {**request(select, None), "rollback": run_id}, as_json=as_json)
    previews, refused = [], []
    for table in tables:
        try:
            preview = preview_rollback(lake, run, table)
        except TerminalError as error:
            refused.append(one_line(str(error)))
        else:
            previews += [preview] if preview else []
    if as_json:
        print_json(map(asdict, previews))
    elif previews:
        heads = [
            Head("table"),
            Head("version", right=True),
            Head("of run"),
            Head("back to", right=True),
            Head("of run"),
        ]
        rows = [[p.table, p.version, p.last_run, p.version_then, p.last_run_then] for p in previews]
        console().print(grid(heads, rows))
    elif not refused:
        console().print(f"Nothing has changed since {run_id}.")
    for reason in refused:
        click.echo(f"It would be refused: {reason}", err=True)
    sys.exit(1 if refused else 0)
