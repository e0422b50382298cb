"""Spark SQL in a contract's YAML: how a column comes about, and when a row is bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.sql import DIALECT, as_written, parse_repeatable
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACEHOLDER = "${table}"
THIS_TABLE = "this_table"
# What makes one row out of many, or many out of one.
NOT_OF_ONE_ROW = (exp.AggFunc, exp.Window, exp.UDTF, exp.Query)


def read_expression(sql: str, place: str) -> str:
    """Check that a column's `transformLogic` is one expression over one row, and return it.

    Raises:
        ContractError: it does not parse, needs more than one row, or has another answer tomorrow.
    """
    tree = parse_repeatable(f"SELECT {sql}", lambda _: place)
    is_list = isinstance(tree, exp.Select) and {k for k, v in tree.args.items() if v} == {"expressions"}
    if not is_list or len(tree.expressions) != 1 or tree.expressions[0].find(*NOT_OF_ONE_ROW):
        raise ContractError(
            f"{place}: not one expression over one row", given=sql, expected="for example lower(trim(name))"
        )
    return sql.strip()


def read_predicate(sql: str, place: str) -> str | None:
    """The WHERE of `SELECT COUNT(*) FROM ${table} WHERE <bad>`; None when the query has another shape.

    Raises:
        ContractError: the query does not parse, or has another answer tomorrow.
    """
    tree = parse_repeatable(sql.replace(PLACEHOLDER, THIS_TABLE), lambda _: place)
    if {k for k, v in tree.args.items() if v} != {"expressions", "from_", "where"}:
        return None
    counted = [e.unalias() for e in tree.expressions]
    counts_rows = len(counted) == 1 and isinstance(counted[0], exp.Count) and isinstance(counted[0].this, exp.Star)
    bad = tree.args["where"].this
    table = tree.args["from_"].this
    if not counts_rows or bad.find(*NOT_OF_ONE_ROW) or table.name != THIS_TABLE:
        return None
    for column in bad.find_all(exp.Column):
        # Rows are judged one by one, where no table has a name.
        if column.table == table.alias_or_name:
            column.set("table", None)
    return as_written(bad)


def other_tables(sql: str, place: str) -> list[str]:
    """The tables that a query over `${table}` reads beside it.

    Raises:
        ContractError: the query does not parse, or has another answer tomorrow.
    """
    tree = parse_repeatable(sql.replace(PLACEHOLDER, THIS_TABLE), lambda _: place)
    own = {THIS_TABLE, *(cte.alias for cte in tree.find_all(exp.CTE))}
    return sorted({t.sql(dialect=DIALECT) for t in tree.find_all(exp.Table) if t.db or t.name not in own})


def unknown_columns(sql: str, known: Iterable[str]) -> list[str]:
    """The columns that an expression, or a query over `${table}`, names and that are neither known nor its own."""
    text = sql.replace(PLACEHOLDER, THIS_TABLE)
    tree = parse_repeatable(text if PLACEHOLDER in sql else f"SELECT {text}", str)
    aliases = [node.alias for node in tree.find_all(exp.Alias, exp.TableAlias)]
    usual = {name.lower() for name in (*known, *aliases)}
    return sorted({c.name for c in tree.find_all(exp.Column) if c.name.lower() not in usual})
