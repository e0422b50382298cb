"""Runs a user's SELECT over the tables that it names, and lets it read nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from scripts.looking.errors import WrongRequestError
from scripts.looking.lake import by_layer
from scripts.looking.relations import Relations
from shared.errors import TerminalError, UnknownNameError
from shared.names import Layer, TableName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deltalake import DeltaTable

    from scripts.looking.lake import Lake
    from scripts.looking.runs import Run

QUARANTINE = "quarantine"
BETWEEN = "__"
# The type of node that DuckDB parses SHOW TABLES and the like into.
SHOW = "SHOW_REF"
# Any other function in a FROM could read past the tables: the files below one, or any file named by a string.
FUNCTIONS = ("generate_series", "json_each", "json_tree", "range", "repeat", "unnest")


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a query's result; a column whose name is already taken gets a number appended."""

    columns: list[str]
    rows: list[dict[str, Any]]


def select(lake: Lake, sql: str, *, limit: int | None = None, as_of: Run | None = None) -> Answer:
    """Run one SELECT over `<layer>.<table>` and `quarantine.<layer>__<table>`.

    Args:
        lake: The lake.
        sql: DuckDB's SQL.
        limit: The maximum number of rows to return.
        as_of: The run at whose end the tables are read; without it they are read as they are now.

    Raises:
        UnknownNameError: a table does not exist.
        WrongRequestError: the SQL is not one SELECT, or cannot be run.
    """
    relations = Relations()
    for schema, name in sorted(_tables(relations, sql)):
        relations.open(schema, name, _open(lake, schema, name, as_of), _masked(lake, schema, name))
    relations.lock()
    try:
        cursor = relations.connection.execute(sql)
        rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit)
    except duckdb.Error as error:
        raise WrongRequestError("the query cannot be run", given=_one_line(error)) from error
    names = _unique([column[0] for column in cursor.description or ()])
    return Answer(names, [dict(zip(names, row, strict=True)) for row in rows])


def _tables(relations: Relations, sql: str) -> set[tuple[str, str]]:
    """Schema and name of every table that a SELECT names, as DuckDB's own parser sees it."""
    [[text]] = relations.connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    tree = json.loads(text)
    if tree["error"]:
        other = tree["error_type"] == "not implemented"
        raise _unread("another statement" if other else tree["error_message"])
    if len(tree["statements"]) != 1:
        raise _unread(f"{len(tree['statements'])} statements")
    found = list(_sources(tree))
    if any(node["type"] == SHOW for node in found):
        raise WrongRequestError("the lists of DuckDB do not have the lake's tables", mend="./lake tables has them")
    for function in (node["function"]["function_name"] for node in found if "function" in node):
        if function.lower() not in FUNCTIONS:
            raise WrongRequestError(
                "the query reads past the tables", given=function, expected=f"tables, or {', '.join(FUNCTIONS)}"
            )
    return {(n["schema_name"].lower(), n["table_name"].lower()) for n in found if "table_name" in n}


def _unread(given: str) -> WrongRequestError:
    return WrongRequestError("the query cannot be read", given=given, expected="one SELECT in DuckDB's SQL")


def _sources(tree: object, own: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """Every table, function and list in a FROM, except for the names that a WITH defines there.

    The query of a WITH sees neither its own name nor later ones; only the second half of a recursive one sees its own.
    """
    if isinstance(tree, list):
        for child in tree:
            yield from _sources(child, own)
    if not isinstance(tree, dict):
        return
    for named in (tree.get("cte_map") or {}).get("map", ()):
        yield from _sources(named["value"], own)
        own |= {_folded(named["key"])}
    kind = tree.get("type")
    if (
        kind == "TABLE_FUNCTION"
        # With a query it describes that query, and lists no tables.
        or (kind == SHOW and not tree["query"])
        or (kind == "BASE_TABLE" and (tree["schema_name"] or _folded(tree["table_name"]) not in own))
    ):
        yield tree
    for key, child in tree.items():
        if key != "cte_map":
            sees = kind == "RECURSIVE_CTE_NODE" and key == "right"
            yield from _sources(child, own | {_folded(tree["cte_name"])} if sees else own)


def _folded(name: str) -> str:
    """A name as DuckDB compares it: it ignores case for ASCII letters only."""
    return name.lower() if name.isascii() else name


def _open(lake: Lake, schema: str, name: str, as_of: Run | None) -> DeltaTable:
    layer, _, short = name.partition(BETWEEN) if schema == QUARANTINE else (schema, "", name)
    if layer in set(Layer) and short.isidentifier():
        read = _quarantine if schema == QUARANTINE else _table
        if table := read(lake, TableName(Layer(layer), short), as_of):
            return table
    names = _names()
    if schema and f"{schema}.{name}" in map(str, names):
        raise WrongRequestError(
            f"{schema}.{name} is not there yet", mend=f"run ./lake run daily_batch --select +{schema}.{name}"
        )
    quarantines = [f"{QUARANTINE}.{n.layer}{BETWEEN}{n.table}" for n in names if lake.quarantine(n)]
    existing = [str(n) for n in names if lake.table(n)] + quarantines
    raise UnknownNameError("table", f"{schema}.{name}" if schema else name, existing)


def _masked(lake: Lake, schema: str, name: str) -> tuple[str, ...]:
    if schema == QUARANTINE:
        layer, _, short = name.partition(BETWEEN)
        return lake.masked_in_quarantine(TableName(Layer(layer), short))
    return lake.masked(TableName(Layer(schema), name))


def _table(lake: Lake, name: TableName, as_of: Run | None) -> DeltaTable | None:
    if as_of is None:
        return lake.table(name)
    version = as_of.version(name)
    if version is None:
        raise WrongRequestError(f"{name} was not there at the end of run {as_of.run_id}")
    try:
        now = lake.table(name)
        why = as_of.why_not_same_table(name, now) if now else ""
        found = None if why else lake.table(name, version)
    except TerminalError as error:
        why, found = str(error.given), None
    if why:
        raise WrongRequestError(
            f"{name} cannot be read as of run {as_of.run_id}",
            given=f"version {version}: {why}",
            expected="a version of the table that is there, which its log still holds",
        )
    return found


def _quarantine(lake: Lake, name: TableName, as_of: Run | None) -> DeltaTable | None:
    if as_of is not None:
        raise WrongRequestError(
            "a run's page holds no versions of quarantines", mend="leave out --as-of, and ask for run_id or batch"
        )
    return lake.quarantine(name)


def _names() -> list[TableName]:
    from shared.contracts import load_catalog

    return sorted((table.name for table in load_catalog().tables.values()), key=by_layer)


def _one_line(error: duckdb.Error) -> str:
    text, _, _ = str(error).partition("\nLINE ")
    return " ".join(text.split())


def _unique(names: list[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        free = (f"{name}_{i}" if i else name for i in range(len(names)))
        found.append(next(candidate for candidate in free if candidate not in found))
    return found
