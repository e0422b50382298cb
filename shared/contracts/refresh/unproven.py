"""Finds shapes of a SELECT that hide which groups a changed row touches; a table with one of them is rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.sql import stands_for_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

# Functions whose result depends on the order of rows, at least of equal ones.
ORDER_BOUND = (
    exp.AnyValue,
    exp.ApproxQuantile,
    exp.ApproxTopK,
    exp.ArrayAgg,
    exp.ArrayUniqueAgg,
    exp.First,
    exp.FirstValue,
    exp.GroupConcat,
    exp.Last,
    exp.LastValue,
    exp.Mode,
    exp.NthValue,
)
ORDER_BOUND_NAMES = {"histogram_numeric"}
# Aggregates of Spark that sqlglot does not know as such.
AGGREGATES = {
    *("bitmap_and_agg", "count_min_sketch", "every", "histogram_numeric", "hll_sketch_agg", "hll_union_agg"),
    *("kll_sketch_agg_bigint", "kll_sketch_agg_double", "kll_sketch_agg_float", "mean", "percentile", "some", "std"),
    *("theta_intersection_agg", "theta_sketch_agg", "theta_union_agg", "try_avg", "try_sum"),
}
# Functions that may come between a list and its sort.
AROUND_LISTS = (exp.ArrayDistinct, exp.Filter, exp.Transform)
NOT_FOLLOWED = (
    exp.Collate,
    exp.Except,
    exp.Fetch,
    exp.Intersect,
    exp.Lateral,
    exp.Limit,
    exp.MatchRecognize,
    exp.Offset,
    exp.Pivot,
    exp.TableSample,
    exp.Values,
)
JOIN_SIDES = {"", "LEFT"}


class UnprovenError(Exception):
    """Says why a table cannot be proven to be refreshable, as text after `because`."""


def refuse_unproven(query: exp.Query) -> None:
    """Refuse a query with a shape that the proof does not cover.

    Raises:
        UnprovenError: it has such a shape; the first one is named.
    """
    for why in _found(query):
        raise UnprovenError(why)


def _found(query: exp.Query) -> Iterator[str]:
    for node in query.walk():
        if isinstance(node, exp.Select):
            yield from _in_select(node)
        elif isinstance(node, exp.Join):
            yield from _in_join(node)
        elif isinstance(node, exp.Window):
            yield from _in_window(node)
        elif isinstance(node, NOT_FOLLOWED):
            yield f"{type(node).__name__.upper()} is not followed"
        elif _is_order_bound(node) and not _is_sorted(node) and not _has_its_order(node):
            yield f"{node.key.upper()} hangs on the order of rows"
        elif isinstance(node, exp.Star) and stands_for_columns(node):
            yield "a star inside a function is not followed; name its columns"
        elif isinstance(node, exp.Rollup | exp.Cube | exp.GroupingSets):
            yield "ROLLUP, CUBE and GROUPING SETS put a row into several groups"
        elif _is_inner_query(node):
            yield "a subquery in an expression is not followed; write a join (LEFT SEMI JOIN for IN and EXISTS)"


def _is_order_bound(node: exp.Expr) -> bool:
    return isinstance(node, ORDER_BOUND) or (isinstance(node, exp.Anonymous) and node.name.lower() in ORDER_BOUND_NAMES)


def _is_sorted(node: exp.Expr) -> bool:
    """Whether a list of the values of a group is sorted before it is used."""
    inner, outer = node, node.parent
    while isinstance(outer, AROUND_LISTS) and outer.this is inner:
        inner, outer = outer, outer.parent
    is_list = isinstance(node, exp.ArrayAgg | exp.ArrayUniqueAgg)
    return is_list and isinstance(outer, exp.ArraySort) and outer.this is inner


def _has_its_order(node: exp.Expr) -> bool:
    """Whether its own window gives the order of rows by an ORDER BY."""
    inner, outer = node, node.parent
    if isinstance(outer, exp.IgnoreNulls | exp.RespectNulls):
        inner, outer = outer, outer.parent
    return isinstance(outer, exp.Window) and outer.this is inner and bool(outer.args.get("order"))


def _is_inner_query(node: exp.Expr) -> bool:
    """Whether a node is a subquery that stands for a value or a condition."""
    if isinstance(node, exp.Subquery):
        return not isinstance(node.parent, exp.From | exp.Join | exp.SetOperation)
    return isinstance(node, exp.Exists) or (isinstance(node, exp.In) and bool(node.args.get("query")))


def _in_join(join: exp.Join) -> Iterator[str]:
    if join.args.get("method"):
        yield f"a {join.args['method']} JOIN is not followed"
    if (join.side or "").upper() not in JOIN_SIDES:
        yield f"a {join.side.upper()} JOIN is not followed; write a LEFT JOIN"


def _in_window(window: exp.Window) -> Iterator[str]:
    if window.args.get("alias"):
        yield "a window has a name; write it out where it is used"
    elif not window.args.get("partition_by"):
        yield "a window without PARTITION BY lets every row touch every group"


def _in_select(select: exp.Select) -> Iterator[str]:
    if select.args.get("windows"):
        yield "a window has a name; write it out where it is used"
    distinct = select.args.get("distinct")
    if distinct and distinct.args.get("on"):
        yield "DISTINCT ON keeps one row by its order"
    makes_one = select.args.get("having") or any(aggregates(e) for e in select.expressions)
    if makes_one and not select.args.get("group"):
        yield "an aggregate over all rows lets every row touch every group"


def aggregates(expression: exp.Expr) -> bool:
    """Whether an expression of a SELECT makes one value of many rows of a group; a window does not."""
    return any(is_aggregate(node) and not node.find_ancestor(exp.Window) for node in expression.walk())


def is_aggregate(node: exp.Expr) -> bool:
    """Whether a part of an expression is an aggregate of Spark, perhaps over a window."""
    if isinstance(node, exp.Any):  # with one of these before it, it goes through a list of patterns
        return not isinstance(node.parent, exp.Like | exp.ILike)
    return isinstance(node, exp.AggFunc) or (isinstance(node, exp.Anonymous) and node.name.lower() in AGGREGATES)
