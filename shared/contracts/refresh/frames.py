"""The windows of a SELECT: which rows they see, and how far from their own row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.query import BUSINESS_DATE
from shared.contracts.refresh.select import are_row_facts, conditions, conjuncts, operands

if TYPE_CHECKING:
    from collections.abc import Iterator

CURRENT = "CURRENT ROW"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What the windows with one PARTITION BY see.

    `reach` is how many rows before and after its own, in the order of `order`, a window sees; None if unlimited.
    """

    partition: tuple[exp.Expr, ...]
    order: tuple[exp.Ordered, ...] = ()
    reach: int | None = None


def frames(select: exp.Select) -> list[Frame]:
    """What the windows of a SELECT see, each once; if one sees a partition whole, only that."""
    found = [_frame(window, select) for window in _windows(select)]
    whole = dict.fromkeys(f.partition for f in found if f.reach is None)
    near = sorted((f for f in found if f.partition not in whole), key=lambda f: f.reach or 0)
    farthest = {(f.partition, f.order): f for f in near}
    return [*(Frame(partition=p) for p in whole), *farthest.values()]


def _windows(select: exp.Select) -> Iterator[exp.Window]:
    for place in [*select.expressions, *([select.args["qualify"]] if select.args.get("qualify") else [])]:
        yield from place.find_all(exp.Window)


def _frame(window: exp.Window, select: exp.Select) -> Frame:
    partition, reach = tuple(window.args["partition_by"]), _reach(window)
    order = tuple(window.args["order"].expressions) if window.args.get("order") else ()
    if not order or not are_row_facts([o.this for o in order], select) or not _is_of_one_table(select):
        return Frame(partition=partition)
    return Frame(partition=partition, order=order, reach=reach)


def _reach(window: exp.Window) -> int | None:
    spec = window.args.get("spec")
    if isinstance(window.this, exp.Lead | exp.Lag):
        return _number(window.this.args.get("offset") or exp.Literal.number(1))
    if spec is None or str(spec.args.get("kind")).upper() != "ROWS" or not isinstance(window.this, exp.AggFunc):
        return None
    ends = [_number(spec.args.get(end)) for end in ("start", "end")]
    return None if None in ends else max(e for e in ends if e is not None)


def _number(end: exp.Expr | str | None) -> int | None:
    """How many rows from its own row an end of a frame is; None if unlimited."""
    if end == CURRENT:
        return 0
    return int(end.name) if isinstance(end, exp.Literal) and end.is_int else None


def _is_of_one_table(select: exp.Select) -> bool:
    """Whether each row of a SELECT is a row of one table.

    Then each is in the state before or after the step. A join also has rows of the old row of one table and the new row
    of another, which never existed and would come between two neighbours.
    """
    sources, where = list(operands(select).values()), select.args.get("where")
    is_one = len(sources) == 1 and isinstance(sources[0].node, exp.Table) and sources[0].node.name != BUSINESS_DATE
    is_filtered_by_rows = len(conditions(select)) == len(conjuncts(where.this if where else None))
    return is_one and is_filtered_by_rows and not select.args.get("group")
