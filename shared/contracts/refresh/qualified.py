"""A query with every name spelt out: one view per input, no WITH, every column with its operand and its type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import OptimizeError, SchemaError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from shared.contracts.query import BUSINESS_DATE
from shared.contracts.refresh.unproven import UnprovenError
from shared.contracts.sql import DIALECT, parse_repeatable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts.model import Query, Table
    from shared.names import TableName


def view_of(name: TableName) -> str:
    """The name under which a query sees an input; a lake read by location has no database."""
    return f"{name.layer}__{name.table}"


def qualified(query: Query, tables: Mapping[str, Table]) -> exp.Query:
    """The query over views, its columns named `operand.column` and typed.

    Args:
        query: The query of a built table.
        tables: Every table by full name.

    Raises:
        UnprovenError: its columns cannot be told apart.
    """
    tree = parse_repeatable(query.sql, str)
    if not isinstance(tree, exp.Query):
        raise UnprovenError("it is no SELECT")
    _name_views(tree)
    _inline(tree)
    known = {view_of(name): {c.name: c.type for c in tables[str(name)].all_columns} for name in query.inputs}
    schema = MappingSchema({**known, BUSINESS_DATE: {BUSINESS_DATE: "date"}}, dialect=DIALECT)
    try:
        named = qualify(tree, schema=schema, dialect=DIALECT)
        return annotate_types(named, schema=schema, dialect=DIALECT)
    except (OptimizeError, SchemaError) as error:
        raise UnprovenError(f"its columns cannot be told apart ({str(error).splitlines()[0]})") from error


def _name_views(tree: exp.Query) -> None:
    views: dict[str, str] = {}
    for table in list(tree.find_all(exp.Table)):
        if table.db:
            view = f"{table.db}__{table.name}"
            if not table.alias:
                views[table.name] = view
            table.set("this", exp.to_identifier(view))
            table.set("db", None)
    for column in tree.find_all(exp.Column):
        if column.table in views:
            column.set("table", exp.to_identifier(views[column.table]))
            column.set("db", None)


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
            alias = table.args.get("alias")
            if any(v for k, v in table.args.items() if k not in {"this", "alias"}) or (alias and alias.columns):
                raise UnprovenError(f"more stands at {table.name} than its name and another one")
            table.replace(bodies[table.name].copy().subquery(table.alias or table.name, copy=False))
