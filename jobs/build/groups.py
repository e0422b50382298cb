"""Finds the groups of a built table that changes of its inputs touch, and conditions that find their rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.build.query import input_views
from jobs.runtime.change_feed import TIMES, Feed, images
from jobs.runtime.pinned import pin, unpin
from jobs.runtime.pruning import between_literals, extremes
from shared.contracts.refresh import view_of
from shared.contracts.refresh.touched import BOTH, CHANGES
from shared.names import TableName

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyspark.sql import Column, DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts.refresh import RefreshRule
    from shared.contracts.refresh.spans import CalendarSpan

# The number of groups that fit into the memory of every worker.
MOST_BROADCAST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The groups touched.

    Attributes:
        keys: One row per group.
        count: The number of groups.
        bounds: A condition with literals that all rows of these groups meet.
        inputs: By input, a condition met by all of its rows that can be in one of these groups.
    """

    keys: DataFrame
    count: int
    bounds: Column
    inputs: Mapping[str, Column]

    def __str__(self) -> str:
        return f"{self.count:,} group{'' if self.count == 1 else 's'} of {', '.join(self.keys.columns)}"

    def of(self, rows: DataFrame, how: str = "left_semi") -> DataFrame:
        """The rows of these groups; with `left_anti`, those of all others."""
        keys = self.keys.select(*[F.col(c).alias(f"_touched_{c}") for c in self.keys.columns])
        same = reduce(and_, [F.col(c).eqNullSafe(F.col(f"_touched_{c}")) for c in self.keys.columns])
        near = rows.where(self.bounds) if how == "left_semi" else rows
        return near.join(F.broadcast(keys) if self.count <= MOST_BROADCAST else keys, on=same, how=how)

    def free(self) -> None:
        """Unpin the keys."""
        unpin(self.keys)


def touched_groups(flow: Flow, rule: RefreshRule, feeds: Mapping[str, Feed], versions: Mapping[str, int]) -> Groups:
    """Find the groups that changed rows belonged to before, and those that they belong to now.

    Args:
        flow: The table's flow.
        rule: The refresh rule of its query.
        feeds: What changed, by input.
        versions: The version at which each input is read.
    """
    input_views(flow, versions)
    changed = {name for name, feed in feeds.items() if feed.changed}
    for name in versions.keys() - changed:
        _unchanged_view(flow, name)
    pinned = [_image_views(flow, name, feeds[name], rule.columns[name]) for name in sorted(changed)]
    try:
        keys, measured = _keys(flow, rule, changed)
    finally:
        unpin(*pinned)
    bounds = reduce(and_, [_within(c, measured) for c in rule.by])
    spans = {name: reduce(and_, [_spanned(s, measured) for s in of_input]) for name, of_input in rule.spans.items()}
    return Groups(keys=keys, count=measured["count"], bounds=bounds, inputs=spans)


def _keys(flow: Flow, rule: RefreshRule, changed: Collection[str]) -> tuple[DataFrame, dict[str, Any]]:
    """The values of the groups' columns, pinned, with their number, extremes and nulls."""
    found = flow.session.sql(" UNION ".join(f"({rule.touched[name]})" for name in sorted(changed)))
    facts = [F.count(F.lit(1)).alias("count")]
    types = {c.name: c.type for c in flow.table.columns}
    for column in rule.by:
        least, greatest = extremes(F.col(column), types[column])
        facts += [least.alias(f"min_{column}"), greatest.alias(f"max_{column}")]
        facts.append(F.count_if(F.col(column).isNull()).alias(f"null_{column}"))
    return pin(found.select(*rule.by).distinct(), facts)


def _unchanged_view(flow: Flow, name: str) -> None:
    """For an input that has not changed, create the view of all rows before and after: they are its rows."""
    view = view_of(TableName.parse(name))
    flow.session.table(view).createOrReplaceTempView(view + BOTH)


def _image_views(flow: Flow, name: str, feed: Feed, read: Collection[str]) -> DataFrame:
    """Create two views of an input: its changed rows, before and after; and all its rows, before and after.

    Returns:
        The pinned changes, to be unpinned once the groups are known.
    """
    view = view_of(TableName.parse(name))
    rows = flow.session.table(view)
    # A query that only counts rows reads no column.
    present = rows.select(*[c for c in rows.columns if c in read]) if read else rows
    changes, _ = pin(images(flow.session, feed, present.columns), [F.count(F.lit(1)).alias("rows")])
    changes.select(*present.columns).createOrReplaceTempView(view + CHANGES)
    gone = changes.where(F.col(TIMES) < 0).select(*present.columns)
    present.unionByName(gone).createOrReplaceTempView(view + BOTH)
    return changes


def _within(column: str, seen: Mapping[str, Any]) -> Column:
    """The condition, with literals, on one column of the groups."""
    inside = between_literals(F.col(column), seen[f"min_{column}"], seen[f"max_{column}"])
    return _or_null(inside, column, seen[f"null_{column}"])


def _spanned(span: CalendarSpan, seen: Mapping[str, Any]) -> Column:
    """The condition, with literals, on an input's dates, if a group is a calendar span named by its first day."""
    low, high = seen[f"min_{span.by}"], seen[f"max_{span.by}"]
    if not isinstance(low, dt.date):
        return F.lit(True)
    end = F.date_add(F.add_months(F.lit(high), span.months), span.days)
    return _or_null(
        (F.col(span.column) >= F.lit(low)) & (F.col(span.column) < end), span.column, seen[f"null_{span.by}"]
    )


def _or_null(inside: Column, column: str, nulls: int) -> Column:
    return inside | F.col(column).isNull() if nulls else inside
