"""Which columns of which tables are derived from a column, by the SQL and the relationships of the contracts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from shared.contracts import Kind, Severity
from shared.contracts.query import BATCH, BUSINESS_DATE
from shared.contracts.sql import DIALECT, hidden_stars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shared.contracts import Catalog, Table

# Stands for a table's set of rows: a column that a join, a filter or a grouping reads decides which rows exist.
ROWS = "rows"
# A table, and one of its columns or ROWS.
TableColumn = tuple[str, str]
# The clauses that decide which rows a SELECT returns.
DECIDING = (exp.Where, exp.Join, exp.Group, exp.Having, exp.Qualify)


class Lineage:
    """Which columns each column of a catalog flows into.

    Args:
        catalog: The contracts.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._flows_into: dict[TableColumn, set[TableColumn]] = defaultdict(set)
        for table in catalog.tables.values():
            for before, column in _reads(table, catalog):
                self._flows_into[before].add((str(table.name), column))

    def into(self, table: str) -> dict[str, list[TableColumn]]:
        """The direct origins of each column of a table, and under `rows` the columns that decide which rows exist."""
        found = defaultdict(list)
        for origin, places in sorted(self._flows_into.items()):
            for name, column in places:
                if name == table:
                    found[column].append(origin)
        return dict(found)

    def downstream(self, table: str, columns: Iterable[str]) -> dict[str, list[str]]:
        """For each table that a change of columns affects, directly or through others, the affected columns.

        A change of a table's rows affects everything that is made from them.
        """
        seen: set[TableColumn] = set()
        waiting = [(table, column) for column in columns]
        while waiting:
            place = waiting.pop()
            new = (self._flows_into[place] | (self._all_of(place[0]) if place[1] == ROWS else set())) - seen
            seen |= new
            waiting += new
        hit = defaultdict(list)
        for name, column in sorted(seen):
            hit[name].append(column)
        hit.pop(table, None)
        return dict(hit)

    def _all_of(self, table: str) -> set[TableColumn]:
        """The rows of every table that reads any column of a table."""
        return {(after, ROWS) for (name, _), places in self._flows_into.items() if name == table for after, _ in places}


def _reads(table: Table, catalog: Catalog) -> Iterator[tuple[TableColumn, str]]:
    """Each column that a table reads, with the table's column that it flows into, or ROWS."""
    for column in table.foreign_keys:
        if column.parent and table.kind is Kind.REFINED:
            yield (str(column.parent.table), column.parent.column), ROWS
    if table.kind is Kind.BUILT:
        known = {str(name): catalog.table(str(name)).column_names for name in table.inputs}
        yield from _of_query(table.query.sql, known) if table.query else _of_program(table, known)
    elif table.kind is Kind.REFINED:
        source = catalog.table(str(table.inputs[0]))
        made = defaultdict(set)
        if table.query:
            names = tuple(c.name for c in source.all_columns)
            for (_, column), after in _of_query(table.query.sql, {BATCH: names}):
                made[after].add(column)
        for name, after in _refined_from(table, source):
            for origin in (made[name] | made[ROWS]) if table.query else {name}:
                yield (str(source.name), origin), after


def _refined_from(table: Table, source: Table) -> Iterator[tuple[str, str]]:
    """Each column that a refined table's logic names, with the column it flows into, or ROWS.

    Rows are decided by the row rules and by dropped columns, for which a row can be refused, and by `applyAsDeletes`.
    """
    beside = table.query.columns if table.query else tuple(c.name for c in source.all_columns)
    logic = {c.name: c.logic or f"`{c.name}`" for c in (*table.columns, *table.dropped)}
    for column in table.columns:
        yield from ((name, column.name) for name in _named(logic[column.name], beside))
    judged = [_named(r.bad, logic) for r in table.row_rules if r.severity is Severity.ERROR]
    for column in set().union(*judged, (c.name for c in table.dropped)) & set(logic):
        yield from ((name, ROWS) for name in _named(logic[column], beside))
    if table.apply_as_deletes:
        yield from ((name, ROWS) for name in _named(table.apply_as_deletes, beside))


def _of_program(table: Table, known: Mapping[str, tuple[str, ...]]) -> list[tuple[TableColumn, str]]:
    """Every input column with every output column and ROWS: Python is not analysed."""
    places = [(name, column) for name, columns in known.items() for column in columns]
    return [(place, output) for place in places for output in [*table.column_names, ROWS]]


def _of_query(sql: str, known: Mapping[str, tuple[str, ...]]) -> list[tuple[TableColumn, str]]:
    """Each input column that a SELECT reads, with the output column that it flows into, or ROWS."""
    tree = sqlglot.parse_one(sql, dialect=DIALECT)
    outputs = tree.named_selects if isinstance(tree, exp.Query) else []
    try:
        qualified = qualify(tree.copy(), schema=_schema(known), dialect=DIALECT, validate_qualify_columns=False)
        found = [*_deciding(qualified, known), *_carried(sql, known)]
    except SqlglotError:
        found = []
    if found:
        return found
    # For a query that cannot be analysed, every column that it names counts for every output.
    named = {column.name for column in tree.find_all(exp.Column)}
    places = [(name, column) for name, columns in known.items() for column in columns if column in named]
    return [(place, output) for place in places for output in [*outputs, ROWS]]


def _schema(known: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    """The inputs as the schema that sqlglot expects; `batch` and `business_date` are in no database."""
    schema: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for name, columns in known.items():
        database, _, table = name.rpartition(".")
        schema[database][table] = dict.fromkeys(columns, "string")
    if "" in schema:
        return dict(schema[""])
    schema["default"] = {BUSINESS_DATE: {BUSINESS_DATE: "date"}}
    return dict(schema)


def _deciding(tree: exp.Expr, known: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[TableColumn, str]]:
    for scope in traverse_scope(tree):
        for column in scope.columns:
            if column.find_ancestor(*DECIDING):
                for source, name in _origins(scope, column):
                    yield from _placed(source, name, ROWS, known)


def _origins(scope: Scope, column: exp.Column) -> Iterator[tuple[exp.Table, str]]:
    """The tables' columns that a column of a scope is derived from, through CTEs and subqueries."""
    source = scope.sources.get(column.table)
    if isinstance(source, exp.Table):
        yield source, column.name
    elif isinstance(source, Scope):
        # The columns of a UNION match by position, and have the names of its first part.
        names = source.expression.named_selects
        position = names.index(column.name) if column.name in names else 0
        for part in _parts(source):
            for inner in part.expression.selects[position].find_all(exp.Column):
                yield from _origins(part, inner)


def _parts(scope: Scope) -> Iterator[Scope]:
    if not scope.set_operation_scopes:
        yield scope
    for part in scope.set_operation_scopes:
        yield from _parts(part)


def _carried(sql: str, known: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[TableColumn, str]]:
    for output, node in lineage(None, sql, schema=_schema(known), dialect=DIALECT).items():
        for leaf in node.walk():
            if isinstance(leaf.expression, exp.Table):
                yield from _placed(leaf.expression, leaf.name.rpartition(".")[2].strip('`"'), output, known)


def _placed(
    source: exp.Table, column: str, after: str, known: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[TableColumn, str]]:
    name = f"{source.db}.{source.name}" if source.db else source.name
    if name in known and column in known[name]:
        yield (name, column), after


def _named(logic: str, known: Iterable[str]) -> set[str]:
    """The columns that an expression names, in lower case; all known ones if it has a star."""
    tree = sqlglot.parse_one(f"SELECT {logic}", dialect=DIALECT)
    if any(hidden_stars(tree)):
        return set(known)
    return {column.name.lower() for column in tree.find_all(exp.Column)}
