"""Which columns of its inputs a SELECT passes on unchanged, or sets equal to one that it passes on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from shared.contracts.sql import DIALECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# The alias of a table in the query, and one of its columns.
AliasedColumn = tuple[str, str]
Node = exp.Expr


def equal_columns(sql: str, columns: Mapping[str, Sequence[str]]) -> dict[str, dict[str, list[str]]]:
    """Per input and output column, the input's columns that have the same value, though perhaps another type.

    These are the column that a projection names, perhaps in a CAST, and those that a join or the WHERE sets equal to
    it. In a query that is more than one plain SELECT, columns of the same name count as equal: throughout the contracts
    the same name means the same quantity.

    Args:
        sql: The SELECT, in Spark SQL.
        columns: The columns of each input, by the input's name in the query.
    """
    tree = sqlglot.parse_one(sql, dialect=DIALECT)
    if not isinstance(tree, exp.Select) or not _is_plain(tree):
        outputs = tree.named_selects if isinstance(tree, exp.Query) else []
        return {name: {out: [out] for out in outputs if out in known} for name, known in columns.items()}
    tables = {table.alias_or_name: _full_name(table) for table in _tables(tree)}
    classes = _Classes()
    for left, right in _equalities(tree):
        if (a := _place(left, tables, columns)) and (b := _place(right, tables, columns)):
            classes.unite(a, b)
    found: dict[str, dict[str, list[str]]] = {name: defaultdict(list) for name in columns}
    for projection in tree.expressions:
        place = _place(projection.unalias(), tables, columns)
        for alias, column in classes.of(place) if place else ():
            if column in columns[tables[alias]]:
                found[tables[alias]][projection.alias_or_name].append(column)
    return found


class _Classes:
    """Sets of columns that have the same value."""

    def __init__(self) -> None:
        self._classes: dict[AliasedColumn, set[AliasedColumn]] = {}

    def unite(self, a: AliasedColumn, b: AliasedColumn) -> None:
        both = self.of(a) | self.of(b)
        self._classes.update(dict.fromkeys(both, both))

    def of(self, place: AliasedColumn) -> set[AliasedColumn]:
        return self._classes.get(place, {place})


def _is_plain(tree: exp.Select) -> bool:
    return not tree.args.get("with_") and all(isinstance(source, exp.Table) for source in _sources(tree))


def _sources(tree: exp.Select) -> list[Node]:
    return [tree.args["from_"].this, *(join.this for join in tree.args.get("joins") or ())]


def _tables(tree: exp.Select) -> list[exp.Table]:
    return [source for source in _sources(tree) if isinstance(source, exp.Table)]


def _full_name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


def _equalities(tree: exp.Select) -> Iterator[tuple[Node, Node]]:
    """Both sides of every `=` that holds for each row: in ON, in USING, and in WHERE."""
    conditions = [join.args.get("on") for join in tree.args.get("joins") or ()]
    where = tree.args.get("where")
    for condition in [*conditions, where.this if where else None]:
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            if isinstance(part, exp.EQ):
                yield part.left, part.right
    first, *others = [table.alias_or_name for table in _tables(tree)] or [""]
    for alias, join in zip(others, tree.args.get("joins") or (), strict=True):
        for name in join.args.get("using") or ():
            yield exp.column(name.name, table=first), exp.column(name.name, table=alias)


def _place(node: Node, tables: Mapping[str, str], columns: Mapping[str, Sequence[str]]) -> AliasedColumn | None:
    """The table and column that a plain column, perhaps in a CAST, names; None for any other expression."""
    while isinstance(node, exp.Cast | exp.TryCast | exp.Paren):
        node = node.this
    if not isinstance(node, exp.Column):
        return None
    if node.table:
        return (node.table, node.name) if tables.get(node.table) in columns else None
    homes = [alias for alias, full in tables.items() if node.name in columns.get(full, ())]
    return (homes[0], node.name) if len(homes) == 1 else None
