"""The groups a step of changes touches, as SQL.

For one scan of one input, the rows of a SELECT that may differ are its join with that scan replaced by the input's
changed rows (before- and after-images) and every other scan by its current rows *and* its before-images: of two rows
that changed in one step, the old one may have matched only the other's old one. Every join is an inner join, because
rows too many only touch more groups: a LEFT JOIN becomes two variants, one with the operand, and one without it and
with null for its columns. A filter on an aggregate or a rank is dropped, since it may hide a touched group; so is a
join that nothing needs. A window spreads a change over its partition; one that sees a fixed number of neighbours, over
the rows of one table, spreads it only to those.
"""

from __future__ import annotations

from itertools import chain, combinations
from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.query import BUSINESS_DATE
from shared.contracts.refresh.frames import Frame, frames
from shared.contracts.refresh.join_paths import connected, nearest
from shared.contracts.refresh.select import (
    Condition,
    Operand,
    Role,
    aliases,
    are_row_facts,
    conditions,
    flat_arms,
    grouping,
    is_column_of_a_table,
    is_guessed,
    is_made_of,
    operands,
    outputs,
)
from shared.contracts.refresh.unproven import UnprovenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# Suffixes of further views of an input: its current rows with its before-images, and its before- and after-images.
BOTH, CHANGES = "__both", "__changes"
# A query with more operands of LEFT JOINs would become too many variants.
MOST_OPTIONAL = 3


def touched(query: exp.Query, keys: Sequence[str]) -> dict[str, exp.Query]:
    """The groups that the changed rows of each input touch, by the input's view.

    Args:
        query: A qualified query of proven shape.
        keys: Columns of the query that come from single rows.

    Raises:
        UnprovenError: the query has a shape that is not covered.
    """
    found: dict[str, list[exp.Select]] = {}
    for scan in query.find_all(exp.Table):
        if scan.name != BUSINESS_DATE:
            found.setdefault(scan.name, []).extend(_rows(query, keys, scan))
    # Variants are often equal once joins that nothing needs are dropped.
    return {v: _union(dict.fromkeys(s.distinct() for s in selects), distinct=True) for v, selects in found.items()}


def _rows(query: exp.Query, columns: Iterable[str], scan: exp.Table | None) -> list[exp.Select]:
    """The rows of a query that come from changed rows of a scan; without a scan, all rows before or after the step."""
    if isinstance(query, exp.SetOperation):
        return list(_arms(query, list(columns), scan))
    if not isinstance(query, exp.Select):
        raise UnprovenError(f"{query.key.upper()} is not followed")
    made = outputs(query)
    wanted = {name: made[name] for name in columns} or {"_one": exp.Literal.number(1)}
    spreading = [f for f in frames(query) if not all(is_made_of(e, f.partition) for e in wanted.values())]
    if scan is None or not spreading:
        return list(_joins(query, wanted, scan))
    return [_spread(query, wanted, f, scan) if f.reach is None else _near(query, wanted, f, scan) for f in spreading]


def _arms(query: exp.SetOperation, columns: list[str], scan: exp.Table | None) -> Iterator[exp.Select]:
    """The rows of each part of a union that come from a scan; parts that widen a type take part without rows.

    A whole number in a union with a decimal becomes one, and is written like one: 2.00.
    """
    names, sides = query.named_selects, list(flat_arms(query))
    places = [names.index(c) for c in columns]
    is_widened = not all(_is_of_one_type([side.selects[i] for side in sides]) for i in places)
    for side in sides:
        is_read = scan is None or any(t is scan for t in side.find_all(exp.Table))
        own = [side.named_selects[i] for i in places]
        for select in _rows(side, own, scan if is_read else None) if is_read or is_widened else ():
            if columns:
                made = outputs(select)
                renamed = zip(columns, own, strict=True)
                select.set("expressions", [exp.alias_(made[o], n, quoted=True) for n, o in renamed])
            yield select if is_read else select.where(exp.false(), copy=False)


def _is_of_one_type(expressions: Sequence[exp.Expr]) -> bool:
    first = expressions[0].type
    return first is not None and not is_guessed(first) and all(e.type == first for e in expressions)


def _spread(select: exp.Select, wanted: Mapping[str, exp.Expr], frame: Frame, scan: exp.Table) -> exp.Select:
    """Every row of the partitions in which a row changed."""
    if not are_row_facts(frame.partition, select):
        raise UnprovenError("a window is partitioned by an aggregate or another window")
    parts = {f"_part{i}": e for i, e in enumerate(frame.partition)}
    every = _union(_joins(select, {**wanted, **parts}, None)).subquery("every_row")
    changed = _union([s.distinct() for s in _joins(select, parts, scan)], distinct=True).subquery("changed")
    same = exp.and_(*[exp.NullSafeEQ(this=_column("every_row", p), expression=_column("changed", p)) for p in parts])
    chosen = [exp.alias_(_column("every_row", n), n, quoted=True) for n in wanted]
    return exp.select(*chosen).from_(every).join(changed, on=same)


def _near(select: exp.Select, wanted: Mapping[str, exp.Expr], frame: Frame, scan: exp.Table) -> exp.Select:
    """The changed rows and those with a changed row in reach, among all rows before or after the step.

    Of the rows that follow a row, the first that differs before and after has changed. Up to there both states agree,
    so a row without a changed row in reach sees what it saw before. Equal rows count once.
    """
    parts = {f"_part{i}": e for i, e in enumerate(frame.partition)}
    places = {f"_place{i}": o.this for i, o in enumerate(frame.order)}
    known = {**wanted, **parts, **places}
    every = _marked([_spread(select, known, frame, scan)], 0)
    changed = _marked(_joins(select, known, scan), 1)
    names = [_column("marked", n) for n in known]
    mark = exp.alias_(exp.Max(this=_column("marked", "_changed")), "_changed", quoted=True)
    once = exp.select(*names, mark).from_(_union([*every, *changed]).subquery("marked")).group_by(*names)
    order = [exp.Ordered(**{**o.args, "this": _column("once", f"_place{i}")}) for i, o in enumerate(frame.order)]
    reach = exp.Literal.number(frame.reach or 0)
    in_reach = exp.Window(
        this=exp.Max(this=_column("once", "_changed")),
        partition_by=[_column("once", p) for p in parts],
        order=exp.Order(expressions=order),
        spec=exp.WindowSpec(kind="ROWS", start=reach, start_side="PRECEDING", end=reach.copy(), end_side="FOLLOWING"),
    )
    named = [exp.alias_(_column("once", n), n, quoted=True) for n in wanted]
    return (
        exp.select(*named).from_(once.subquery("once")).qualify(exp.EQ(this=in_reach, expression=exp.Literal.number(1)))
    )


def _marked(selects: Iterable[exp.Select], mark: int) -> list[exp.Select]:
    return [s.select(exp.alias_(exp.Literal.number(mark), "_changed", quoted=True), copy=False) for s in selects]


def _joins(select: exp.Select, wanted: Mapping[str, exp.Expr], scan: exp.Table | None) -> Iterator[exp.Select]:
    """The SELECT without its grouping, as inner joins: one for each set of operands that may be missing."""
    sources, known = operands(select), conditions(select)
    at = next((s for s in sources.values() if s.holds(scan)), None) if scan is not None else None
    variants = [frozenset[str]()]
    if at is not None and at.role is Role.OPTIONAL and _is_read(at.alias, wanted, known):
        variants.append(frozenset([at.alias]))
    for missing in variants:
        near = nearest(_nulled(wanted, missing, sources), at, known, at_is_missing=bool(missing))
        kept = connected({at.alias} if at else set(), near.values(), sources, known)
        optional = [a for a in kept if sources[a].role is Role.OPTIONAL and (at is None or a != at.alias)]
        if len(optional) > MOST_OPTIONAL:
            raise UnprovenError(f"the groups hang on more than {MOST_OPTIONAL} operands of LEFT JOINs")
        for others in chain.from_iterable(combinations(optional, n) for n in range(len(optional) + 1)):
            gone = missing | set(others)
            present = [sources[a] for a in kept if a not in others]
            held = _held(known, present, gone, sources)
            made = _select(_nulled(near, frozenset(others), sources), present, held, scan)
            yield made if grouping(select) is None else made.distinct()


def _is_read(optional: str, wanted: Mapping[str, exp.Expr], known: list[Condition]) -> bool:
    """Whether anything but its own ON uses an operand that may be missing."""
    return any(optional in aliases(e) for e in wanted.values()) or any(
        optional in c.aliases for c in known if c.of != optional
    )


def _held(
    known: list[Condition], present: list[Operand], gone: frozenset[str], sources: Mapping[str, Operand]
) -> list[exp.Expr]:
    """The conditions between present operands; columns of a missing one are null, except in its own ON."""
    aliases_present = {o.alias for o in present}
    return [
        _null_columns(c.expression, gone - {c.of}, sources)
        for c in known
        if c.aliases <= aliases_present | gone and (c.of is None or c.of in aliases_present)
    ]


def _nulled(
    wanted: Mapping[str, exp.Expr], gone: frozenset[str], sources: Mapping[str, Operand]
) -> dict[str, exp.Expr]:
    return {name: _null_columns(expression, gone, sources) for name, expression in wanted.items()}


def _null_columns(expression: exp.Expr, gone: frozenset[str], sources: Mapping[str, Operand]) -> exp.Expr:
    def null(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column) or node.table not in gone:
            return node
        if node.type is not None and (not is_guessed(node.type) or is_column_of_a_table(node, sources)):
            return exp.Cast(this=exp.Null(), to=node.type.copy())
        # A NULL by itself takes the type of what it is compared with.
        if node.parent is None or isinstance(node.parent, exp.Is):
            return exp.Null()
        raise UnprovenError(f"{node.name} may be missing, and it is not known how its values are spelt; CAST it")

    return expression.copy().transform(null)


def _select(
    wanted: Mapping[str, exp.Expr], present: list[Operand], held: list[exp.Expr], scan: exp.Table | None
) -> exp.Select:
    made = exp.select(*[exp.alias_(e, name, quoted=True) for name, e in wanted.items()])
    used = [c for e in chain(wanted.values(), held) for c in e.find_all(exp.Column)]
    for i, operand in enumerate(present):
        columns = dict.fromkeys(c.name for c in used if c.table == operand.alias)
        source = _source(operand, columns, scan if operand.holds(scan) else None)
        made = made.join(source, join_type="cross") if i else made.from_(source)
    return made.where(*held) if held else made


def _source(operand: Operand, columns: Iterable[str], scan: exp.Table | None) -> exp.Expr:
    alias = exp.to_identifier(operand.alias, quoted=True)
    if not isinstance(operand.node, exp.Table):
        return _union(_rows(operand.node, columns, scan)).subquery(alias)
    name = operand.node.name
    view = name if name == BUSINESS_DATE else name + (BOTH if scan is None else CHANGES)
    return exp.alias_(exp.to_table(view), alias, table=True)


def _union(selects: Iterable[exp.Select], *, distinct: bool = False) -> exp.Query:
    first, *others = selects
    made: exp.Query = first
    for other in others:
        made = exp.union(made, other, distinct=distinct, copy=False)
    return made


def _column(table: str, name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=table)
