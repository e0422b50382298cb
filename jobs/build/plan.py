"""Decides from logs alone what the next run does to a built table: skip, refresh or rebuild it, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from jobs.runtime.position import NOWHERE
from shared.contracts.refresh import RefreshRule, derive_refresh_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from jobs.runtime.change_feed import Feed
    from jobs.runtime.position import FlowPosition
    from shared.contracts import Table


class BuildMode(StrEnum):
    """What a run does to a built table."""

    SKIPPED = "skipped"
    REFRESHED = "refreshed"
    REBUILT = "rebuilt"


@dataclass(frozen=True, kw_only=True)
class BuildPlan:
    """What the next run does to a built table, and why.

    One thing is not known before rows are read: if the changes touch more of the table than a refresh is worth, the run
    rebuilds it after all.

    Attributes:
        mode: What it does.
        why: Why it does that.
        rule: For a refresh, how groups are found.
        feeds: For a refresh, what happened to each input since the last batch.
    """

    mode: BuildMode
    why: str
    rule: RefreshRule = field(default_factory=RefreshRule)
    feeds: Mapping[str, Feed] = field(default_factory=dict)


def inputs_of(table: Table, positions: Mapping[str, tuple[int, str | None]], business_date: date) -> dict[str, Any]:
    """The position of every input of a built table, as its next batch records it.

    Args:
        table: A built table.
        positions: Version and table id of each input by full name; NOWHERE and None for one that does not exist yet.
        business_date: The run's; recorded only if the query reads it, and else None.
    """
    reads_date = table.query is not None and table.query.needs_business_date
    return {
        "versions": {name: version for name, (version, _) in positions.items()},
        "ids": {name: table_id for name, (_, table_id) in positions.items()},
        "business_date": str(business_date) if reads_date else None,
    }


def plan_build(
    table: Table,
    tables: Mapping[str, Table],
    last: FlowPosition | None,
    inputs: Mapping[str, Any],
    feed_of: Callable[[str, int, int, str | None], Feed],
    *,
    is_rebuilt: bool = False,
) -> BuildPlan:
    """Decide how a built table is brought up to date with its inputs.

    Args:
        table: A built table.
        tables: Every table by full name.
        last: Its last batch; None before the first.
        inputs: The position of every input, as `inputs_of` gives it.
        feed_of: Gives what happened to an input between two versions, and takes the id of the table that was consumed.
        is_rebuilt: Whether the first number of the contract's version rose.
    """
    if last is None:
        return _rebuilt("it was not there yet")
    if is_rebuilt:
        return _rebuilt("its contract has a new major version")
    if last.fingerprint != table.fingerprint:
        return _rebuilt("the query or what decides its rows changed")
    feeds = _feeds(table, last, inputs, feed_of) if last.inputs != inputs else {}
    same_date = last.inputs.get("business_date") == inputs["business_date"]
    changed = [name for name, feed in feeds.items() if feed.changed]
    if same_date and not changed:
        return BuildPlan(mode=BuildMode.SKIPPED, why="no input has changed")
    rule = derive_refresh_rule(table, tables)
    if why := rule.why or ("" if same_date else "the business date is another") or _no_feed(feeds):
        return _rebuilt(why)
    return BuildPlan(mode=BuildMode.REFRESHED, why=f"{', '.join(changed)} changed", rule=rule, feeds=feeds)


def _rebuilt(why: str) -> BuildPlan:
    return BuildPlan(mode=BuildMode.REBUILT, why=why)


def _feeds(
    table: Table, last: FlowPosition, inputs: Mapping[str, Any], feed_of: Callable[[str, int, int, str | None], Feed]
) -> dict[str, Feed]:
    """What happened to each input since this table consumed it."""
    versions, ids = last.inputs.get("versions", {}), last.inputs.get("ids", {})
    return {
        name: feed_of(name, versions.get(name, NOWHERE), version, ids.get(name))
        for name, version in inputs["versions"].items()
        # With several flows by priority a table may not exist yet, and has no rows; any other input must exist.
        if version > NOWHERE or not table.flows
    }


def _no_feed(feeds: Mapping[str, Feed]) -> str:
    return "; ".join(
        f"{name} does not say what changed: {feed.why_not}" for name, feed in feeds.items() if feed.why_not
    )
