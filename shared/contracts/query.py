"""Reads the SELECT beside a contract: its input tables and its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.landed import CARRIED_COLUMNS
from shared.contracts.model import Query
from shared.contracts.sql import DIALECT, line_of, parse_repeatable
from shared.contracts.words import canonical
from shared.errors import ContractError, TerminalError
from shared.landed_columns import SOURCE_POSITION
from shared.names import TableName

if TYPE_CHECKING:
    from collections.abc import Iterable

BATCH = "batch"
BUSINESS_DATE = "business_date"


def read_query(sql: str, file: str) -> Query:
    """Parse the SELECT of a table and find its inputs.

    Args:
        sql: One SELECT in Spark SQL, over `<layer>.<table>` names, or over `batch` alone if it is row-local.
        file: Its file, for errors.

    Raises:
        ContractError: it does not parse, is not one SELECT, has an unknown kind of input, or is not repeatable.
    """
    tree = parse_repeatable(sql, lambda line: f"{file}:{line}")
    if not isinstance(tree, exp.Query):
        raise ContractError(f"{file}:1: not a SELECT", given=type(tree).__name__, expected="one SELECT statement")
    local = {cte.alias for cte in tree.find_all(exp.CTE)}
    free = [t for t in tree.find_all(exp.Table) if t.db or t.name not in local]
    known = {t.name for t in free if not t.db} & {BATCH, BUSINESS_DATE}
    inputs = tuple(dict.fromkeys(_input(t, file) for t in free if t.db or t.name not in known))
    if (BATCH in known) == bool(inputs):
        raise ContractError(
            f"{file}:1: the query reads {'both `batch` and tables' if inputs else 'no table'}",
            expected=f"tables, or `{BATCH}` alone in a row-local query",
        )
    columns = tuple(tree.named_selects)
    if not inputs:
        _check_no_today(free, file)
        _check_carried(tree, file)
    return Query(
        sql=sql,
        inputs=inputs,
        columns=() if "*" in columns else columns,
        canonical=canonical(sql, tree),
        needs_business_date=BUSINESS_DATE in known,
    )


def input_line(query: Query, name: TableName) -> int:
    """The line on which a query first names one of its inputs."""
    tree = parse_repeatable(query.sql, str)
    return next(line_of(t) for t in tree.find_all(exp.Table) if (t.db, t.name) == (str(name.layer), name.table))


def unknown_names(query: Query, known: Iterable[str]) -> list[tuple[str, int]]:
    """The columns a query names that are neither known nor defined in it, each with its line.

    Empty for a query in which functions make columns, since only Spark knows their names.
    """
    tree = parse_repeatable(query.sql, str)
    if tree.find(exp.UDTF, exp.Explode, exp.Pivot, exp.Values):
        return []
    own = {a.alias for a in tree.find_all(exp.Alias, exp.CTE)} | {BUSINESS_DATE}
    own |= {i.name for node in tree.find_all(exp.Lambda, exp.TableAlias) for i in node.find_all(exp.Identifier)}
    usual = {name.lower() for name in (*known, *own)}
    columns = [c for c in tree.find_all(exp.Column) if isinstance(c.this, exp.Identifier)]
    return [(c.name, line_of(c)) for c in columns if c.name.lower() not in usual]


def _input(table: exp.Table, file: str) -> TableName:
    try:
        return TableName.parse(f"{table.db}.{table.name}")
    except TerminalError as error:
        if table.find_ancestor(exp.Hint):
            raise ContractError(
                f"{file}:{line_of(table)}: a hint names an alias",
                given=table.sql(dialect=DIALECT),
                mend="remove the hint: how to join, Spark sees from the sizes of the tables",
            ) from error
        raise ContractError(
            f"{file}:{line_of(table)}: unknown kind of input",
            given=table.sql(dialect=DIALECT),
            expected=f"<layer>.<table>, `{BATCH}` in a row-local query, or `{BUSINESS_DATE}`",
        ) from error


def _check_no_today(free: list[exp.Table], file: str) -> None:
    """Refuse today's date in a row-local query: a refused row, read again on another day, must be the same then."""
    if today := next((t for t in free if t.name == BUSINESS_DATE), None):
        raise ContractError(
            f"{file}:{line_of(today)}: a row-local query asks for today",
            given=f"`{BUSINESS_DATE}`",
            expected=f"`{BATCH}` alone, so that rows which are read again give the same",
            mend="ask for it in a built table over this one, or take the moment of landing, `_ingested_at`",
        )


def _check_carried(tree: exp.Query, file: str) -> None:
    """Check that a row-local query selects the columns that say where a row came from, and does not read them."""
    columns = tree.named_selects
    missing = [c for c in CARRIED_COLUMNS if c not in columns and "*" not in columns]
    # The engine passes the key of the input's row through the query, appended to its position.
    read = [c for c in tree.find_all(exp.Column) if c.name.lower() == SOURCE_POSITION and not _is_handed_on(c)]
    if read:
        raise ContractError(
            f"{file}:{line_of(read[0])}: a row-local query reads {SOURCE_POSITION}",
            given=(read[0].parent or read[0]).sql(dialect=DIALECT),
            expected=f"{SOURCE_POSITION} handed on as it is",
            mend="read it in a column's transformLogic",
        )
    if missing:
        raise ContractError(
            f"{file}:1: a row-local query does not say where its rows come from",
            given="no " + ", no ".join(missing),
            expected=f"{' and '.join(CARRIED_COLUMNS)} among its columns",
            mend="select them from `batch` as they are",
        )


def _is_handed_on(column: exp.Column) -> bool:
    """Whether a column is passed from one SELECT to the next unchanged and under its own name."""
    node = column.parent
    while isinstance(node, exp.Paren) or (isinstance(node, exp.Alias) and node.alias.lower() == column.name.lower()):
        node = node.parent
    return isinstance(node, exp.Select)
