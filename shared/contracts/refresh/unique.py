"""Proves, from the keys of the tables it reads, that a query cannot give a primary key twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.model import Kind
from shared.contracts.query import BUSINESS_DATE
from shared.contracts.refresh.qualified import qualified, view_of
from shared.contracts.refresh.select import Role, all_conditions, grouping, is_guessed, operands, outputs
from shared.contracts.refresh.unproven import UnprovenError, is_aggregate, refuse_unproven

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shared.contracts.model import Table
    from shared.contracts.refresh.select import Condition, Operand

# Functions that make several rows of one; one that sqlglot does not know may do so, too.
SPREADING = (exp.Explode, exp.Inline, exp.UDTF, exp.Anonymous)

# From the narrowest to the widest.
INTEGERS = (exp.DataType.Type.TINYINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.INT, exp.DataType.Type.BIGINT)


def has_unique_key(table: Table, tables: Mapping[str, Table]) -> bool:
    """Whether no two rows of a built table's query can have the same primary key, whatever is in its inputs.

    The engine ensures the keys of inputs: by a MERGE by key, by this proof, or by the gate. Bronze has no unique keys.

    Args:
        table: A built table.
        tables: Every table by full name.
    """
    if table.query is None or table.history:
        return False
    inputs = [tables[str(name)] for name in table.query.inputs]
    known = {view_of(t.name): t.versions.primary_key for t in inputs if t.kind is not Kind.INGESTED}
    try:
        tree = qualified(table.query, tables)
        refuse_unproven(tree)
        return _is_key(tree, table.primary_key, known | {BUSINESS_DATE: ()})
    except UnprovenError:
        return False


def _is_key(query: exp.Query, columns: Iterable[str], known: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether no two rows of a query can have the same values in some of its columns."""
    if isinstance(query, exp.SetOperation):
        return bool(query.args.get("distinct")) and set(query.named_selects) <= set(columns)
    if not isinstance(query, exp.Select) or any(e.find(*SPREADING) for e in query.expressions):
        return False
    made, groups = outputs(query), grouping(query)
    given = [_uncast(made[c]) for c in columns if c in made]
    fixed = _Fixed(query, given, known)
    if any(_numbers_rows(e) and all(map(fixed.holds, e.args["partition_by"])) for e in given):
        return True
    if query.args.get("distinct") and all(map(fixed.holds, made.values())):
        return True
    if groups is not None:
        return all(map(fixed.holds, groups))
    return all(s.alias in fixed.operands for s in operands(query).values() if s.role is not Role.PROBE)


class _Fixed:
    """What is the same in all rows of a SELECT that agree in some expressions.

    `operands` are those whose whole row is the same, or missing in all of them if a LEFT JOIN found none.
    """

    def __init__(self, select: exp.Select, given: Iterable[exp.Expr], known: Mapping[str, tuple[str, ...]]) -> None:
        self.operands: set[str] = set()
        self._expressions, self._met = set(given), all_conditions(select)
        sources = operands(select)
        size = -1
        while size != len(self._expressions) + len(self.operands):
            size = len(self._expressions) + len(self.operands)
            bound = {None, *(s.alias for s in sources.values() if s.role is Role.OPTIONAL and self._is_bound(s))}
            for condition in self._met:
                self._expressions.update(self._fixed_by(condition, bound))
            whole = [s for s in sources.values() if s.role is not Role.OPTIONAL or s.alias in bound]
            self.operands.update(s.alias for s in whole if self._is_keyed(s, known))

    def holds(self, expression: exp.Expr) -> bool:
        """Whether an expression is fixed, or made only of what is fixed."""
        node = _uncast(expression)
        if node in self._expressions:
            return True
        if isinstance(node, exp.Column):
            return node.table in self.operands
        if is_aggregate(node) or isinstance(node, exp.Window | exp.Query):
            return False
        return all(map(self.holds, node.iter_expressions()))

    def _is_bound(self, optional: Operand) -> bool:
        """Whether all columns of other operands in the ON of a LEFT JOIN are fixed, and so the match that it finds."""
        asked = [c for met in self._met if met.of == optional.alias for c in met.expression.find_all(exp.Column)]
        return all(self.holds(c) for c in asked if c.table != optional.alias)

    def _fixed_by(self, condition: Condition, bound: set[str | None]) -> Iterator[exp.Column]:
        """The columns that a condition makes equal to what is fixed.

        The ON of a LEFT JOIN fixes only columns of its own operand, since rows of others remain without a match.
        """
        for one, other in _equal(condition.expression, condition.equated):
            if condition.of in bound and condition.of in (None, one.table) and self.holds(other):
                yield one

    def _is_keyed(self, operand: Operand, known: Mapping[str, tuple[str, ...]]) -> bool:
        if isinstance(operand.node, exp.Table):
            key = known.get(operand.node.name)
            return key is not None and all(self.holds(exp.column(c, table=operand.alias, quoted=True)) for c in key)
        columns = [c for c in operand.node.named_selects if self.holds(exp.column(c, table=operand.alias, quoted=True))]
        return _is_key(operand.node, columns, known)


def _equal(
    expression: exp.Expr, columns: tuple[exp.Column, exp.Column] | None
) -> Iterator[tuple[exp.Column, exp.Expr]]:
    """Each column that a condition makes equal to another or to a literal of its kind, with what it is equal to."""
    if columns:
        yield columns
        yield columns[1], columns[0]
    elif isinstance(expression, exp.EQ) and isinstance(expression.this, exp.Column):
        column, value = expression.this, expression.expression
        kinds = exp.DataType.TEXT_TYPES if value.is_string else exp.DataType.NUMERIC_TYPES
        if isinstance(value, exp.Literal) and column.is_type(*kinds):
            yield column, value


def _numbers_rows(expression: exp.Expr) -> bool:
    return isinstance(expression, exp.Window) and isinstance(expression.this, exp.RowNumber)


def _uncast(expression: exp.Expr) -> exp.Expr:
    """The expression without casts to its own type or to a wider integer, which keep different values different."""
    node = expression.unnest() if isinstance(expression, exp.Paren) else expression
    return _uncast(node.this) if isinstance(node, exp.Cast) and _keeps_apart(node.this.type, node.to) else node


def _keeps_apart(given: exp.DataType | None, to: exp.DataType) -> bool:
    if given is None or given.this not in INTEGERS or to.this not in INTEGERS:
        return given == to and not is_guessed(to)
    return INTEGERS.index(given.this) <= INTEGERS.index(to.this)
