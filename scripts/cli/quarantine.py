"""`lake quarantine`: counts or shows the rows that rules refused, or reads them again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import WIDE, Head, console, count, grid, minute, print_json, run_name
from scripts.cli.request import looks_at_a_lake, prints_json, refusing, works_in_a_folder

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from shared.contracts import Table

SHOWN = 50
# The sources whose refused rows are kept completely, in files or in the quarantine.
READ_AGAIN = ("api", "kafka", "redshift", "s3", "snowflake")


class ShowsByDefault(click.Group):
    """A group with `show` as its default command, so that its first argument may be a table."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, with `show` in front unless they begin with a command or ask for help."""
        names = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if args and args[0] in names else ["show", *args])


@click.group(cls=ShowsByDefault)
def command() -> None:
    """Show quarantined rows, or read them again.

    Rules refused them; they are read again once a rule or source is fixed.

    Without a command it shows: `lake quarantine TABLE` is `lake quarantine show TABLE`.
    """


@command.command()
@click.argument("table")
@click.option("--rule", help="Only what this rule refused.")
@works_in_a_folder()
@prints_json
def replay(table: str, rule: str | None, root: Path, *, as_json: bool) -> None:
    """Read the refused rows of TABLE again, by the rules of today, and bring what depends on it up to date.

    A run of daily_batch: good rows go the way of all rows and leave the quarantine, the others stay.
    """
    from scripts.cli.run import run_here
    from shared.contracts import load_catalog
    from shared.jobs import Replay
    from shared.names import Machine

    with refusing():
        _check_kind(load_catalog().table(table))
    replay_of = Replay(table=table, rule=rule).model_dump(mode="json")
    run_here(root, Machine.DAILY_BATCH, {"tables": [f"{table}+"], "replay": replay_of}, as_json=as_json)


@command.command("show")
@click.argument("table", required=False)
@click.option("--rule", help="Only what this rule refused.")
@looks_at_a_lake
def show_refused(lake: Lake, table: str | None, rule: str | None, as_json: bool) -> None:
    """Count what each rule of each table refused, or show the refused rows of one TABLE.

    A row that failed several rules counts for each of them.
    """
    from scripts.looking.quarantine import overview, refused
    from shared.contracts import load_catalog

    catalog = load_catalog()
    if table is None:
        found, view = overview(lake, catalog, rule), _print_overview
    else:
        # Without --json only some rows are shown; one more is read, to know whether there are more.
        limit = None if as_json else SHOWN + 1
        found, view = refused(lake, catalog.table(table).name, rule, limit), _print_rows
    if as_json:
        print_json(found)
    elif found:
        view(found)
    else:
        console().print("Nothing is quarantined" + (f" for {rule}" if rule else "") + (f" of {table}" if table else ""))


def _check_kind(table: Table) -> None:
    from scripts.looking.errors import WrongRequestError
    from shared.contracts import Disposition, Kind

    is_kept = table.source is not None and (
        table.disposition is Disposition.SNAPSHOT or table.source.type in READ_AGAIN
    )
    if table.kind is not Kind.REFINED and not is_kept:
        raise WrongRequestError(
            f"the refused rows of {table.name} cannot be read again",
            given=f"a table that is {table.kind}{f' from {table.source.type}' if table.source else ''}",
            expected=f"a table that is refined, a snapshot, or appended from {', '.join(READ_AGAIN)}",
            mend="have the source send them again" if table.kind is Kind.INGESTED else "it refuses no row",
        )


def _print_overview(found: list[dict[str, Any]]) -> None:
    out = console()
    wide = out.width >= WIDE
    heads = [Head("table"), Head("rule", shrinks=True), Head("rows", right=True)]
    for end in ("first", "last"):
        heads += [Head(f"{end} run"), *([Head(f"{end} seen (UTC)")] if wide else [])]
    rows = [
        [
            r["table"],
            r["rule"],
            count(r["rows"]),
            *[run_name(r["first_run"], out), *([minute(r["first_at"])] if wide else [])],
            *[run_name(r["last_run"], out), *([minute(r["last_at"])] if wide else [])],
        ]
        for r in found
    ]
    out.print(grid(heads, rows))


def _print_rows(found: list[dict[str, Any]]) -> None:
    out = console()
    heads = [Head("batch", right=True), Head("quarantined (UTC)"), Head("rules"), Head("source", shrinks=True)]
    heads += [Head("row", shrinks=True)]
    rows = [
        [r["batch"], minute(r["quarantined_at"]), r["rules"], r["source_position"], r["row"]] for r in found[:SHOWN]
    ]
    out.print(grid(heads, rows))
    if len(found) > SHOWN:
        out.print("There are more; --json gives all.", style="dim")
