"""The paths between the operands of a SELECT, along its conditions: which joins lead from one to another."""

from __future__ import annotations

from collections import deque
from itertools import chain, combinations
from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.refresh.select import Condition, Operand, Role, aliases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def nearest(
    wanted: Mapping[str, exp.Expr], at: Operand | None, known: list[Condition], *, at_is_missing: bool
) -> dict[str, exp.Expr]:
    """The expressions with each column replaced by the equal column that is the fewest joins away from `at`."""
    if at is None:
        return dict(wanted)
    steps = _distances(at.alias, known)
    usable = [c for c in known if c.of == at.alias or (c.of is None and not (at_is_missing and at.alias in c.aliases))]
    pairs = [c.equated for c in usable if c.equated]

    def replaced(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        equal, waiting = [node], deque([node])
        while waiting:
            column = waiting.popleft()
            for one, other in chain(pairs, [(b, a) for a, b in pairs]):
                if one == column and other not in equal:
                    equal.append(other)
                    waiting.append(other)
        return min(equal, key=lambda c: steps.get(c.table, len(steps) + 1)).copy()

    return {name: expression.copy().transform(replaced) for name, expression in wanted.items()}


def _edges(known: list[Condition]) -> dict[str, set[str]]:
    """Which operands meet in a condition; two that meet only in the ON of a third one do not."""
    met: dict[str, set[str]] = {}
    for condition in known:
        for a, b in combinations(sorted(condition.aliases), 2):
            if condition.of in (None, a, b):
                met.setdefault(a, set()).add(b)
                met.setdefault(b, set()).add(a)
    return met


def _distances(start: str, known: list[Condition]) -> dict[str, int]:
    met, found, waiting = _edges(known), {start: 0}, deque([start])
    while waiting:
        here = waiting.popleft()
        for neighbour in sorted(met.get(here, set()) - set(found)):
            found[neighbour] = found[here] + 1
            waiting.append(neighbour)
    return found


def connected(
    needed: set[str], wanted: Iterable[exp.Expr], sources: Mapping[str, Operand], known: list[Condition]
) -> list[str]:
    """The operands that are needed and those on the shortest paths between them, in their order.

    Empty for a SELECT without FROM.
    """
    if not sources:
        return []
    goals = needed | set(chain.from_iterable(aliases(e) for e in wanted))
    goals = goals or {next(iter(sources))}
    start = next(iter(needed), None) or next(a for a in sources if a in goals)
    barred = {a for a, s in sources.items() if s.role is Role.PROBE} - needed
    open_conditions = [c for c in known if not c.aliases & barred and c.of not in barred]
    kept = {start} | goals
    steps, met = _distances(start, open_conditions), _edges(open_conditions)
    for goal in goals:
        here = goal
        while steps.get(here, 0) > 0:
            here = next(a for a in sorted(met[here]) if steps.get(a) == steps[here] - 1)
            kept.add(here)
    return [a for a in sources if a in kept]
