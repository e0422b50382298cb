"""Which rows of an input can be in touched groups at all, if a group is a span of time such as a month.

Spark pushes a condition on a column down to the input it comes from, and Delta then skips files. It cannot do so
through a function: from a range of months it derives no range of days. That range is derived here, as a condition on
the input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.query import BUSINESS_DATE
from shared.contracts.refresh.frames import frames
from shared.contracts.refresh.select import Role, arm, grouping, is_made_of, operands, outputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Length = tuple[int, int]

# The lengths of spans, in months and days. The names are those of Spark's TRUNC.
YEAR, QUARTER, MONTH, WEEK, DAY, NONE = (12, 0), (3, 0), (1, 0), (0, 7), (0, 1), (0, 0)
LENGTHS = {
    **dict.fromkeys(("YEAR", "YYYY", "YY"), YEAR),
    "QUARTER": QUARTER,
    **dict.fromkeys(("MONTH", "MM", "MON"), MONTH),
    "WEEK": WEEK,
}
MOMENTS = (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ)


@dataclass(frozen=True, kw_only=True)
class CalendarSpan:
    """A group's `by` is the first day of the span, `months` or `days` long, that contains the input's `column`.

    Only rows of the input from the least touched `by` until one span after the greatest can be in touched groups, and
    those with a null `column` if a group with a null `by` is touched.
    """

    by: str
    column: str
    months: int
    days: int


def spans(query: exp.Query, keys: Sequence[str]) -> dict[str, tuple[CalendarSpan, ...]]:
    """The spans by which rows of inputs can be left out, by the input's view.

    An input that the query reads more than once has none, since its rows may be needed elsewhere.

    Args:
        query: A qualified query of proven shape.
        keys: Columns of the query that come from single rows.
    """
    views = [scan.name for scan in query.find_all(exp.Table)]
    found: dict[str, tuple[CalendarSpan, ...]] = {}
    for key in keys:
        for view, column, (months, days) in _origins(query, key):
            if views.count(view) == 1 and view != BUSINESS_DATE and (months or days):
                found[view] = (*found.get(view, ()), CalendarSpan(by=key, column=column, months=months, days=days))
    return found


def _origins(query: exp.Query, name: str) -> Iterator[tuple[str, str, Length]]:
    """The inputs' columns of which a column of the query is the first day of a span.

    They are followed where a condition on the column can also be put on the rows below: through grouping and windows
    that keep the column's groups apart, and not into operands that may be missing.
    """
    if isinstance(query, exp.SetOperation):
        for side in (arm(query.left), arm(query.right)):
            yield from _origins(side, side.named_selects[query.named_selects.index(name)])
        return
    made = outputs(query)[name] if isinstance(query, exp.Select) else None
    if not isinstance(query, exp.Select) or made is None or not _goes_down(made, query):
        return
    column, length = _floored(made)
    source = operands(query).get(column.table) if column is not None else None
    if column is None or source is None or source.role is not Role.INNER:
        return
    if isinstance(source.node, exp.Table):
        if column.is_type(*MOMENTS):
            yield source.node.name, column.name, length
        return
    for view, below, lower in _origins(source.node, column.name):
        if min(length, lower) <= DAY:
            yield view, below, max(length, lower)


def _goes_down(made: exp.Expr, select: exp.Select) -> bool:
    groups = grouping(select)
    return (groups is None or is_made_of(made, groups)) and all(is_made_of(made, f.partition) for f in frames(select))


def _floored(made: exp.Expr) -> tuple[exp.Column | None, Length]:
    """The column of which an expression is the first day of a span, and the span; None if it is something else.

    Days lie within all other spans, so a cut to days before or after makes no difference; weeks and months overlap.
    """
    length = NONE
    while not isinstance(made, exp.Column):
        unit = None
        if isinstance(made, exp.DateTrunc):
            unit = LENGTHS.get(made.unit.name.upper())
        elif isinstance(made, exp.Cast) and made.to.is_type(exp.DataType.Type.DATE):
            unit = NONE if made.this.is_type(exp.DataType.Type.DATE) else DAY
        if unit is None or min(length, unit) > DAY:
            return None, NONE
        made, length = made.this, max(length, unit)
    return made, length
