"""Takes one SELECT apart: its operands, the conditions of its rows, and which columns come from single rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from sqlglot import exp

from shared.contracts.refresh.unproven import UnprovenError, aggregates, is_aggregate

Key = TypeVar("Key", bound=Hashable)


class Role(Enum):
    """How an operand takes part: `PROBE` is the right side of a semi or anti join, whose columns are not selected."""

    INNER = auto()
    OPTIONAL = auto()
    PROBE = auto()


@dataclass(frozen=True, kw_only=True)
class Operand:
    """One table or subquery of a FROM."""

    alias: str
    node: exp.Table | exp.Query
    role: Role

    def holds(self, scan: exp.Table | None) -> bool:
        """Whether a scan of a table is this operand, or inside it."""
        return any(t is scan for t in self.node.find_all(exp.Table))


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One conjunct of a WHERE or ON; `of` is the optional or probing operand in whose ON it is."""

    expression: exp.Expr
    of: str | None = None

    @property
    def aliases(self) -> frozenset[str]:
        """The operands that it names."""
        return aliases(self.expression)

    @property
    def equated(self) -> tuple[exp.Column, exp.Column] | None:
        """The two columns of one type that it makes equal; only in one type is an equal value also written the same."""
        pair = (self.expression.this, self.expression.expression) if isinstance(self.expression, exp.EQ) else ()
        if len(pair) != 2 or not all(isinstance(c, exp.Column) for c in pair):  # noqa: PLR2004 - two sides
            return None
        of_one_type = pair[0].type is not None and pair[0].type == pair[1].type and not is_guessed(pair[0].type)
        return (pair[0], pair[1]) if of_one_type else None


def is_guessed(type_: exp.DataType) -> bool:
    """Whether the type that sqlglot gives does not determine how Spark writes the values.

    sqlglot gives a product the type of its factors, where Spark adds up their digits; and two equal numbers with a
    fraction may be written differently.
    """
    return type_.is_type(exp.DataType.Type.UNKNOWN, exp.DataType.Type.DECIMAL, *exp.DataType.FLOAT_TYPES)


def operands(select: exp.Select) -> dict[str, Operand]:
    """The operands of a SELECT in their order, by alias."""
    found = {}
    if (source := select.args.get("from_")) is not None:
        found[source.this.alias_or_name] = _operand(source.this, Role.INNER)
    for join in select.args.get("joins") or []:
        found[join.this.alias_or_name] = _operand(join.this, _role(join))
    return found


def conditions(select: exp.Select) -> list[Condition]:
    """The conditions on every row of a SELECT before grouping, of those that single rows decide."""
    below = _facts_below(select)
    return [c for c in all_conditions(select) if _is_of_rows(c.expression, below)]


def all_conditions(select: exp.Select) -> list[Condition]:
    """All conditions on every row of a SELECT before grouping."""
    found = []
    for join in select.args.get("joins") or []:
        of = None if _role(join) is Role.INNER else join.this.alias_or_name
        found += [Condition(expression=e, of=of) for e in conjuncts(join.args.get("on"))]
    where = select.args.get("where")
    return [*found, *(Condition(expression=e) for e in conjuncts(where.this if where else None))]


def outputs(select: exp.Select) -> dict[str, exp.Expr]:
    """The expressions of a SELECT by the name of their column."""
    return {e.alias_or_name: e.unalias() for e in select.expressions}


def columns_read(query: exp.Query, table: str) -> set[str]:
    """The columns of a table that a query, or any query in it, names."""
    return {
        column.name
        for select in query.find_all(exp.Select)
        for operand in operands(select).values()
        if isinstance(operand.node, exp.Table) and operand.node.name == table
        for column in select.find_all(exp.Column)
        if column.table == operand.alias and column.find_ancestor(exp.Select) is select
    }


def grouping(select: exp.Select) -> list[exp.Expr] | None:
    """The expressions that a SELECT groups by; None if it does not group."""
    group = select.args.get("group")
    if group is None:
        return None
    if group.args.get("all"):
        return [e for e in outputs(select).values() if not aggregates(e)]
    return list(group.expressions)


def row_facts(query: exp.Query) -> set[str]:
    """The columns of a query whose value comes from single rows, not from an aggregate or a window."""
    if isinstance(query, exp.SetOperation):
        names, left, right = query.named_selects, row_facts(arm(query.left)), row_facts(arm(query.right))
        others = dict(zip(names, arm(query.right).named_selects, strict=True))
        return {n for n in names if n in left and others[n] in right}
    if not isinstance(query, exp.Select):
        raise UnprovenError(f"{query.key.upper()} is not followed")
    return set(_row_facts_among(outputs(query), query))


def are_row_facts(expressions: Iterable[exp.Expr], select: exp.Select) -> bool:
    """Whether expressions of a SELECT all come from single rows of its operands."""
    wanted = dict(enumerate(expressions))
    return len(_row_facts_among(wanted, select)) == len(wanted)


def _row_facts_among(expressions: Mapping[Key, exp.Expr], select: exp.Select) -> list[Key]:
    groups, below = grouping(select), _facts_below(select)
    return [
        name
        for name, expression in expressions.items()
        if (groups is None or is_made_of(expression, groups)) and _is_of_rows(expression, below)
    ]


def is_made_of(expression: exp.Expr, parts: Iterable[exp.Expr]) -> bool:
    """Whether an expression is made only of some others, such as a CAST of one of them."""
    known = list(parts)

    def names_more(node: exp.Expr) -> bool:
        if node in known:
            return False
        return isinstance(node, exp.Column) or any(names_more(child) for child in node.iter_expressions())

    return not names_more(expression)


def aliases(expression: exp.Expr) -> frozenset[str]:
    """The operands an expression names."""
    return frozenset(c.table for c in expression.find_all(exp.Column))


def arm(node: exp.Expr) -> exp.Query:
    """The query inside the brackets of a subquery."""
    inner = node.unnest() if isinstance(node, exp.Subquery) else node
    if not isinstance(inner, exp.Query):
        raise UnprovenError(f"{inner.key.upper()} is not followed")
    return inner


def flat_arms(query: exp.SetOperation) -> Iterator[exp.Query]:
    """The parts of a union, with those of unions among them."""
    for side in (arm(query.left), arm(query.right)):
        yield from flat_arms(side) if isinstance(side, exp.SetOperation) else (side,)


def is_column_of_a_table(expression: exp.Expr, sources: Mapping[str, Operand]) -> bool:
    """Whether an expression is a column of a table, or a cast, so that its type is known for certain."""
    if not isinstance(expression, exp.Column):
        return isinstance(expression, exp.Cast)
    node = sources[expression.table].node if expression.table in sources else None
    if isinstance(node, exp.Select) and expression.name in (made := outputs(node)):
        return is_column_of_a_table(made[expression.name], operands(node))
    return isinstance(node, exp.Table)


def _facts_below(select: exp.Select) -> dict[str, set[str] | None]:
    """For each operand of a SELECT, its columns that come from single rows; None if all do.

    Computed once for all expressions of the SELECT; computed for each column, the work would multiply at every level.
    """
    return {a: None if isinstance(o.node, exp.Table) else row_facts(o.node) for a, o in operands(select).items()}


def _is_of_rows(expression: exp.Expr, below: Mapping[str, set[str] | None]) -> bool:
    for node in expression.walk():
        # A function sqlglot does not know may be one of several rows.
        if is_aggregate(node) or isinstance(node, exp.Window | exp.Anonymous | exp.AnonymousAggFunc):
            return False
        if isinstance(node, exp.Column):
            facts = below.get(node.table, set())
            if facts is not None and node.name not in facts:
                return False
    return True


def _operand(node: exp.Expr, role: Role) -> Operand:
    inner = node if isinstance(node, exp.Table) else arm(node)
    return Operand(alias=node.alias_or_name, node=inner, role=role)


def _role(join: exp.Join) -> Role:
    if (join.kind or "").upper() in {"SEMI", "ANTI"}:
        return Role.PROBE
    return Role.OPTIONAL if (join.side or "").upper() == "LEFT" else Role.INNER


def conjuncts(condition: exp.Expr | None) -> list[exp.Expr]:
    """The parts of a condition that all must hold."""
    if condition is None:
        return []
    inner = condition.unnest() if isinstance(condition, exp.Paren) else condition
    if isinstance(inner, exp.And):
        return [*conjuncts(inner.this), *conjuncts(inner.expression)]
    return [inner]
