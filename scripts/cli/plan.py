"""`lake plan`: shows what changed contracts will do, before anything is run or deployed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import Head, console, count, grid, print_json, size
from scripts.cli.request import HERE, names_a_lake, prints_json, refusing

if TYPE_CHECKING:
    from rich.console import Console

    from scripts.looking.lake import Lake
    from scripts.planning.cost import Cost
    from scripts.planning.kept import NextBuild
    from scripts.planning.plan import TablePlan
    from shared.contracts import Catalog

# The exit code of a wrong request, too: in both cases somebody has to change something first.
EXIT_BREAKING = 2
STYLES = {"additive": "green", "widening": "yellow", "breaking": "red"}
BUILD_STYLES = {"skipped": "dim", "refreshed": "green", "rebuilt": "yellow", "refused": "red"}


@click.command()
@click.option(
    "--against",
    metavar="REV|ENV",
    help="What to compare the contracts with: a git revision, or the environment of that name as it was last deployed;"
    " the lake if left out.",
)
@names_a_lake(None, show_default=f"{HERE}, if there is one")
@prints_json
def command(against: str | None, root: str | None, *, as_json: bool) -> None:
    """Show what changed contracts will do, and what it costs.

    For each table: the class of the change, what is done, and whom it hits. Of every built table it says, too, what the
    next run does with it: skip it, refresh it by which columns, or rebuild it, and why.

    Ends with 2 when a change breaks readers and the first number of the contract's version did not rise, when a table
    was dropped that was not retired before, or when one has to be moved or brought back by hand. Against a revision or
    an environment no lake is needed; without one nothing has a price.
    """
    from scripts.looking.errors import WrongRequestError
    from scripts.planning.cost import cost_of
    from scripts.planning.kept import kept_tables
    from scripts.planning.plan import plan_against_catalog, plan_against_lake
    from shared.contracts import load_catalog

    catalog = load_catalog()
    with refusing():
        if against == "":
            raise WrongRequestError("--against names nothing", expected="a git revision, or an environment")
        lake = _lake(root, against)
        plans = plan_against_catalog(_catalog_at(against), catalog) if against else plan_against_lake(lake, catalog)
        costs = {plan.table: cost_of(plan, lake, catalog) for plan in plans}
        builds = kept_tables(catalog, {plan.table: plan for plan in plans}, lake, datetime.now(UTC).date())
    if as_json:
        shown = [plan for plan in plans if plan.is_changed or plan.table in builds]
        print_json(_row(plan, builds.get(plan.table), *costs[plan.table]) for plan in shown)
    else:
        _print(console(), [plan for plan in plans if plan.is_changed], costs, against)
        _print_builds(console(), [builds[plan.table] for plan in plans if plan.table in builds])
    if any(plan.breaks for plan in plans):
        sys.exit(EXIT_BREAKING)


def _catalog_at(against: str) -> Catalog:
    """The contracts of the environment of that name, or else of a revision; `refs/heads/prod` always names a branch."""
    from scripts.planning.deployed import catalog_deployed
    from scripts.planning.revision import catalog_at
    from shared.config import environment_names, load_environment

    return catalog_deployed(load_environment(against)) if against in environment_names() else catalog_at(against)


def _lake(root: str | None, against: str | None) -> Lake | None:
    """The requested lake; without a request the local one, unless it is an environment that is compared with."""
    from scripts.looking.errors import WrongRequestError
    from scripts.looking.lake import open_lake
    from shared.config import environment_names

    if root is None and against in environment_names():
        return None
    try:
        return open_lake(root or HERE)
    except WrongRequestError:
        if against is None:
            raise
        return None


def _row(plan: TablePlan, build: NextBuild | None, read: Cost, written: Cost) -> dict[str, Any]:
    return {
        "table": plan.table,
        "level": plan.level and str(plan.level),
        "version_before": plan.before or None,
        "version": plan.after,
        "major_raised": plan.is_raised,
        "refused": plan.is_refused,
        "remedy": str(plan.remedy),
        "changes": [
            {
                "change": str(r.change.what),
                "column": r.change.column,
                "rule": r.change.name,
                "before": r.change.before,
                "after": r.change.after,
                "level": str(r.level),
                "remedy": str(r.remedy),
            }
            for r in plan.changes
        ],
        "hit": [{"table": name, "columns": columns} for name, columns in plan.hit.items()],
        "rows_read": read.rows,
        "bytes_read": read.bytes,
        "rows_written": written.rows,
        "bytes_written": written.bytes,
        "kept": build and {"next": build.next, "by": list(build.by), "why": build.why, "rule": build.rule},
    }


def _print(out: Console, plans: list[TablePlan], costs: dict[str, tuple[Cost, Cost]], against: str | None) -> None:
    from rich.text import Text

    if not plans:
        out.print(f"The contracts are as {against} has them." if against else "The lake is as the contracts say.")
        return
    for plan in plans:
        read, written = costs[plan.table]
        level = str(plan.level or "rebuild")
        head = Text.assemble((plan.table, "bold"), "  ", (level, STYLES.get(level, "")), f"  {_versions(plan)}")
        out.print(head)
        for r in plan.changes:
            c = r.change
            named = " ".join(filter(None, [c.column or c.name, _from_to(c.before, c.after)]))
            out.print(f"  {c.what}: {named}".rstrip(": "), soft_wrap=True)
        out.print(f"  next run: {_done(plan)}", soft_wrap=True)
        if written.rows or read.rows:
            costs_of = [f"{count(c.rows) or '?'} rows, {size(c.bytes) or '?'}" for c in (read, written)]
            out.print(f"  costs: reads {costs_of[0]}; writes {costs_of[1]}")
        for name, columns in plan.hit.items():
            out.print(f"  hits {name}: {', '.join(columns)}", soft_wrap=True)
    dropped = [plan.table for plan in plans if plan.breaks and plan.is_dropped]
    if dropped:
        out.print(
            f"\nDropped, and not retired before: {', '.join(dropped)}. Put the contract back with `status: retired`, "
            "merge and deploy that, and then remove it.",
            style="red",
        )
    broken = [plan.table for plan in plans if plan.breaks and not plan.is_by_hand and not plan.is_dropped]
    if broken:
        out.print(f"\nBreaking without a new first number of the version: {', '.join(broken)}", style="red")


def _print_builds(out: Console, builds: list[NextBuild]) -> None:
    from rich.text import Text

    if not builds:
        return
    out.print()
    heads = [
        Head("built table"),
        Head("next run"),
        Head("why", wraps=True),
        Head("whenever an input changes", wraps=True),
    ]
    rows = [
        [b.table, Text(" by ".join(filter(None, [b.next, ", ".join(b.by)])), BUILD_STYLES[b.next]), b.why, b.rule]
        for b in builds
    ]
    out.print(grid(heads, rows))


def _versions(plan: TablePlan) -> str:
    return plan.after if plan.before in ("", plan.after) else f"{plan.before} -> {plan.after}"


def _from_to(before: str, after: str) -> str:
    return f"{before} -> {after}" if before and after else before or after


def _done(plan: TablePlan) -> str:
    if plan.remedy == "move":
        return "refuses the table, until somebody has moved its folder to its new place; the error says how"
    if plan.remedy == "bring back":
        return "refuses the table, until somebody has brought it back to what a run left, or moved it away"
    if plan.is_refused:
        return "refuses the table, until the change is taken back or the version's first number rises"
    words = {
        "nothing": "nothing to the rows that are there",
        "create": "makes the table",
        "alter": "ALTER TABLE; rows that are there have null in a new column",
        "rewrite": "writes the table anew in one commit, same rows",
        "rebuild": "makes the table anew from all its inputs, in one commit",
    }
    return words[plan.remedy]
