"""Rewrites a query with every name spelt out: a view per input, no WITH, every column with its operand and type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import OptimizeError, SchemaError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from shared.contracts.query import BUSINESS_DATE
from shared.contracts.refresh.select import flat_arms
from shared.contracts.refresh.unproven import UnprovenError
from shared.contracts.sql import DIALECT, parse_repeatable
from shared.contracts.words import misread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.contracts.model import Query, Table
    from shared.names import TableName


def view_of(name: TableName) -> str:
    """The name of the view by which a query reads an input, since a lake read by location has no databases."""
    return f"{name.layer}__{name.table}"


def qualified(query: Query, tables: Mapping[str, Table]) -> exp.Query:
    """The query over views, its columns named `operand.column` and typed.

    Args:
        query: The query of a built table.
        tables: Every table by full name.

    Raises:
        UnprovenError: it is ambiguous which column a name means, or sqlglot reads another query than Spark.
    """
    tree = parse_repeatable(query.sql, str)
    if not isinstance(tree, exp.Query):
        raise UnprovenError("it is no SELECT")
    if why := misread(query.sql, tree):
        raise UnprovenError(why)
    _name_views(tree)
    _inline(tree)
    known = {view_of(name): {c.name: c.type for c in tables[str(name)].all_columns} for name in query.inputs}
    schema = MappingSchema({**known, BUSINESS_DATE: {BUSINESS_DATE: "date"}}, dialect=DIALECT)
    try:
        named = qualify(tree, schema=schema, dialect=DIALECT)
        _tell_apart(named)
        return annotate_types(named, schema=schema, dialect=DIALECT)
    except (OptimizeError, SchemaError) as error:
        raise UnprovenError(f"its columns cannot be told apart ({str(error).splitlines()[0]})") from error


def _name_views(tree: exp.Query) -> None:
    """Replace the names of inputs with those of their views, also before the columns of inputs without an alias."""
    tables = [table for table in tree.find_all(exp.Table) if table.db]
    full = {(table.db, table.name) for table in tables}
    meanings = _meanings(tree)
    for column in tree.find_all(exp.Column):
        meant = {(column.text("db"), column.table)} if column.text("db") else _meant(column, meanings)
        if len(meant) > 1:
            raise UnprovenError(f"{column.table} is the name of two things in it; give each table an alias of its own")
        if meant <= full:
            column.set("table", exp.to_identifier("__".join(*meant)))
            column.set("db", None)
    for table in tables:
        table.set("this", exp.to_identifier(f"{table.db}__{table.name}"))
        table.set("db", None)


def short_names(tree: exp.Expr) -> Iterator[tuple[exp.Identifier, str]]:
    """The names of inputs without an alias and without their layer before columns, as in `orders.id`, with the view."""
    meanings = _meanings(tree)
    for column in tree.find_all(exp.Column):
        qualifier, meant = column.args.get("table"), _meant(column, meanings)
        if qualifier is not None and not column.text("db") and len(meant) == 1 and all(*meant):
            yield qualifier, "__".join(*meant)


def _meanings(tree: exp.Expr) -> dict[int, dict[str, set[tuple[str, str]]]]:
    """What each name stands for in each SELECT: a table, by its database and name, or something else."""
    found: dict[int, dict[str, set[tuple[str, str]]]] = {}
    for node in tree.find_all(exp.Table, exp.Subquery, exp.Lateral):
        is_bare = isinstance(node, exp.Table) and node.db and not node.alias
        names = found.setdefault(id(node.find_ancestor(exp.Select)), {})
        names.setdefault(node.alias_or_name, set()).add((node.text("db"), node.name) if is_bare else ("", ""))
    return found


def _meant(column: exp.Column, meanings: Mapping[int, Mapping[str, set[tuple[str, str]]]]) -> set[tuple[str, str]]:
    """What the qualifier of a column may stand for, in the nearest SELECT that has the name."""
    select = column.find_ancestor(exp.Select)
    while select is not None and column.table not in meanings.get(id(select), {}):
        select = select.find_ancestor(exp.Select)
    return meanings[id(select)][column.table] if select is not None else {("", "")}


def _tell_apart(tree: exp.Query) -> None:
    """Give the columns of a union's part the names that they have in the union, if the part has one name twice."""
    for union in tree.find_all(exp.SetOperation):
        for part in flat_arms(union):
            if isinstance(part, exp.Select) and len(set(part.named_selects)) < len(part.selects):
                renamed = zip(part.selects, union.named_selects, strict=True)
                part.set("expressions", [exp.alias_(e.unalias(), name, quoted=True) for e, name in renamed])


def _inline(tree: exp.Query) -> None:
    """Put the body of each common table expression where it is named."""
    names = [cte.alias for cte in tree.find_all(exp.CTE)]
    if len(names) != len(set(names)):
        raise UnprovenError("two common table expressions have one name")
    while found := tree.find(exp.With):
        if found.recursive or any(cte.args["alias"].columns for cte in found.expressions):
            raise UnprovenError("WITH RECURSIVE and WITH name(columns) are not followed")
        owner = found.parent
        found.pop()
        bodies: dict[str, exp.Query] = {}
        for cte in found.expressions:
            _put(cte.this, bodies)
            bodies[cte.alias] = cte.this
        if owner is not None:
            _put(owner, bodies)


def _put(into: exp.Expr, bodies: Mapping[str, exp.Query]) -> None:
    for table in list(into.find_all(exp.Table)):
        if not table.db and table.name in bodies:
            if any(v for k, v in table.args.items() if k not in {"this", "alias"}):
                raise UnprovenError(f"more stands at {table.name} than its name and another one")
            table.replace(bodies[table.name].copy().subquery(table.alias or table.name, copy=False))
