"""Brings one built table up to date: skips it, refreshes the groups that changes touch, or rebuilds it and says why."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from jobs.build.groups import Groups, touched_groups
from jobs.build.plan import BuildMode, BuildPlan, inputs_of, plan_build
from jobs.build.rebuild import rebuild
from jobs.build.refresh import advance_position, refresh
from jobs.runtime.change_feed import feed_between, why_gone
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import NOWHERE

if TYPE_CHECKING:
    from jobs.runtime.change_feed import Feed
    from jobs.runtime.flow import Flow
    from shared.jobs import TableOutcome

# The greatest share of a table's rows that a refresh replaces. A row that is refreshed is computed, read as it was,
# compared and merged; one that is rebuilt is computed and written. Beyond a third the plain write does less.
MOST_TOUCHED = 1 / 3
# Spark's errors for values that an expression does not take, such as a text that is no number.
DATA_ERROR = re.compile(r"SQLSTATE: 22\w{3}")


def build(flow: Flow) -> TableOutcome:
    """Bring a built table up to date with its inputs: afterwards it equals its query run from scratch.

    Grain: one row per primary key, as the query gives them. It is one commit, so that a reader sees the old table or
    the new one.

    Raises:
        GateClosedError: a rule of severity `error` failed; the old table stays.
        ContractError: the query's columns are not the contract's.
    """
    inputs = _inputs(flow)
    plan = plan_build(
        flow.table, flow.catalog.tables, flow.batch.last, inputs, partial(_feed, flow), is_rebuilt=flow.is_rebuilt
    )
    if plan.mode is BuildMode.SKIPPED:
        return flow.unchanged()
    if plan.mode is BuildMode.REBUILT:
        return rebuild(flow, inputs, plan.why)
    groups = _touched(flow, plan, inputs)
    if isinstance(groups, str):
        return rebuild(flow, inputs, groups)
    try:
        return _refresh_or_rebuild(flow, inputs, groups)
    finally:
        groups.free()


def _inputs(flow: Flow) -> dict[str, Any]:
    """The position of every input, as the next batch records it."""
    positions = {}
    known = flow.batch.last.inputs.get("versions", {}) if flow.batch.last else {}
    for name in map(str, flow.table.inputs):
        # With several flows by priority a table may not have been written yet; one that was read before must be there.
        is_needed = not flow.table.flows or known.get(name, NOWHERE) > NOWHERE
        position = flow.position_of(flow.catalog.table(name), is_needed=is_needed)
        positions[name] = (position.version, position.table_id)
    return inputs_of(flow.table, positions, flow.job.business_date)


def _feed(flow: Flow, name: str, since: int, upto: int, table_id: str | None) -> Feed:
    return feed_between(DeltaLog(flow.session, flow.location_of(flow.catalog.table(name))), since, upto, table_id)


def _touched(flow: Flow, plan: BuildPlan, inputs: dict[str, Any]) -> Groups | str:
    """The groups touched; or why they cannot be found: files of a change feed were vacuumed, or a value is refused.

    The rows that are searched for groups are more than those of the query: there are old ones among them, and none is
    left out for its rank. So a CAST can fail here and not in the query, and would fail in each later run, too.
    """
    try:
        return touched_groups(flow, plan.rule, plan.feeds, inputs["versions"])
    except (Py4JJavaError, PySparkException) as error:
        if reason := why_gone(error):
            return f"of an input {reason}"
        if refused := DATA_ERROR.search(str(error)):
            return f"its groups cannot be found: the query fails on a row that may be none of its own ({refused[0]})"
        raise


def _refresh_or_rebuild(flow: Flow, inputs: dict[str, Any], groups: Groups) -> TableOutcome:
    before = flow.rows_before()
    if not groups.count:
        return advance_position(flow, inputs, groups, before)
    outdated, rows = groups.of(before).count(), before.count()
    if outdated > rows * MOST_TOUCHED:
        return rebuild(flow, inputs, f"{outdated:,} of its {rows:,} rows are touched, in {groups}")
    return refresh(flow, inputs, groups, rows - outdated)
