"""What the next run does with every built table: skips it, refreshes it by which columns, or rebuilds it, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.build.plan import BuildMode, inputs_of, plan_build
from jobs.runtime.change_feed import Feed, feed_between
from jobs.runtime.position import NOWHERE
from scripts.looking.log import log_of
from scripts.looking.position import flow_position
from shared.contracts import Kind
from shared.contracts.evolution.changes import ChangeKind
from shared.contracts.evolution.policy import Remedy
from shared.contracts.refresh import derive_refresh_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from scripts.looking.lake import Lake
    from scripts.looking.log import StoredLog
    from scripts.planning.plan import TablePlan
    from shared.contracts import Catalog, Table

    AsItStands = Callable[[Table], tuple[str, str] | None]

REFUSED = "refused"
# After these an input's change feed has rows of two shapes, and is not followed.
RESHAPED = {
    ChangeKind.COLUMN_ADDED,
    ChangeKind.REQUIRED_COLUMN_ADDED,
    ChangeKind.COLUMN_DROPPED,
    ChangeKind.COLUMN_RENAMED,
    ChangeKind.TYPE_WIDENED,
    ChangeKind.TYPE_CHANGED,
    ChangeKind.MADE_REQUIRED,
    ChangeKind.MADE_OPTIONAL,
}


@dataclass(frozen=True, kw_only=True)
class NextBuild:
    """What becomes of one built table.

    `next` is skipped, refreshed, rebuilt or refused, and `why` says why; `by` are the columns of the groups that a
    refresh computes anew. `rule` is what its query allows, whenever an input changes.
    """

    table: str
    next: str
    by: tuple[str, ...]
    why: str
    rule: str


def kept_tables(
    catalog: Catalog, plans: Mapping[str, TablePlan], lake: Lake | None, business_date: date
) -> dict[str, NextBuild]:
    """What the next run does with every built table, by name.

    Args:
        catalog: The contracts at hand.
        plans: What of them changes, of every table.
        lake: The lake as it stands before the run; without one every input counts as changed.
        business_date: That of the run.
    """

    def as_it_stands(table: Table) -> tuple[str, str] | None:
        return _as_the_lake_stands(table, catalog, lake, business_date) if lake else None

    built = {name: table for name, table in catalog.tables.items() if table.kind is Kind.BUILT}
    return {name: _kept(table, catalog, plans, as_it_stands) for name, table in built.items()}


def _kept(table: Table, catalog: Catalog, plans: Mapping[str, TablePlan], as_it_stands: AsItStands) -> NextBuild:
    rule = derive_refresh_rule(table, catalog.tables)
    by_rule = BuildMode.REFRESHED if rule.is_refreshed else BuildMode.REBUILT
    what, why = _decided(table, plans, as_it_stands) or (by_rule, rule.why or "its inputs changed")
    if what is BuildMode.SKIPPED and (moved := _rebuilt_inputs(table, plans)):
        what, why = by_rule, rule.why or f"{' and '.join(moved)} will be rebuilt"
    return NextBuild(
        table=str(table.name), next=what, by=rule.by if what is BuildMode.REFRESHED else (), why=why, rule=str(rule)
    )


def _decided(table: Table, plans: Mapping[str, TablePlan], as_it_stands: AsItStands) -> tuple[str, str] | None:
    """What is known: from the changes of contracts first, from the lake then."""
    own = plans[str(table.name)]
    if own.is_refused:
        is_lost = own.remedy is Remedy.BRING_BACK
        return REFUSED, "its position is lost" if is_lost else "its contract's change breaks readers"
    if refused := [str(name) for name in table.inputs if plans[str(name)].is_refused]:
        return BuildMode.SKIPPED, f"{' and '.join(refused)} will be refused"
    if own.remedy in (Remedy.CREATE, Remedy.REBUILD):
        return BuildMode.REBUILT, "it is not there yet" if own.remedy is Remedy.CREATE else "its contract changed"
    decided = as_it_stands(table)
    is_still = decided is not None and decided[0] is BuildMode.SKIPPED
    if reshaped := _reshaped_inputs(table, plans, is_still=is_still):
        return BuildMode.REBUILT, f"the columns of {' and '.join(reshaped)} change"
    return decided


def _reshaped_inputs(table: Table, plans: Mapping[str, TablePlan], *, is_still: bool) -> list[str]:
    """The inputs that get other columns or types; one that is only altered has no new row for that."""
    passed_over = {Remedy.NOTHING, Remedy.CREATE, *([Remedy.ALTER] if is_still else [])}
    return [
        str(name)
        for name in table.inputs
        if (plan := plans[str(name)]).remedy not in passed_over and any(r.change.what in RESHAPED for r in plan.changes)
    ]


def _rebuilt_inputs(table: Table, plans: Mapping[str, TablePlan]) -> list[str]:
    found = [plans[str(name)] for name in table.inputs]
    return [plan.table for plan in found if plan.remedy is Remedy.REBUILD and not plan.is_refused]


def _as_the_lake_stands(table: Table, catalog: Catalog, lake: Lake, business_date: date) -> tuple[str, str]:
    """What the engine itself would decide, did the run begin with this table."""
    found = lake.table(table.name)
    last = flow_position(found, str(table.name)) if found else None
    logs = {str(name): log_of(lake, name) for name in table.inputs}
    positions = {name: (log.version, log.table_id) if log else (NOWHERE, None) for name, log in logs.items()}
    inputs = inputs_of(table, positions, business_date)
    plan = plan_build(table, catalog.tables, last, inputs, lambda name, *of: _feed(logs[name], *of))
    return plan.mode, plan.why


def _feed(log: StoredLog | None, since: int, upto: int, table_id: str | None) -> Feed:
    if log is None:
        return Feed(location="", since=since, upto=upto, changed=True, why_not="it is not there yet")
    return feed_between(log, since, upto, table_id)
