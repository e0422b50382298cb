"""Checks the Spark SQL in a contract's YAML: what makes a column, and when a row is bad."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import TokenType, exp

from shared.contracts.sql import DIALECT, parse_repeatable
from shared.contracts.words import words
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACEHOLDER = "${table}"
THIS_TABLE = "this_table"
# Expressions that make one row of many, or many of one.
NOT_OF_ONE_ROW = (exp.AggFunc, exp.Window, exp.UDTF, exp.Query)


def read_expression(sql: str, place: str) -> str:
    """Check that a column's `transformLogic` is one expression over one row, and return it.

    Raises:
        ContractError: it does not parse, needs more than one row, or is not repeatable.
    """
    tree = parse_repeatable(f"SELECT {sql}", lambda _: place)
    is_list = isinstance(tree, exp.Select) and {k for k, v in tree.args.items() if v} == {"expressions"}
    # The parser takes a semicolon for the end of the statement; Spark reads the expression alone.
    is_ended = TokenType.SEMICOLON in {token.token_type for token in sqlglot.tokenize(sql, dialect=DIALECT)}
    if is_ended or not is_list or len(tree.expressions) != 1 or tree.expressions[0].find(*NOT_OF_ONE_ROW):
        raise ContractError(
            f"{place}: not one expression over one row", given=sql, expected="for example lower(trim(name))"
        )
    return sql.strip()


def read_predicate(sql: str, place: str) -> str | None:
    """The WHERE of `SELECT COUNT(*) FROM ${table} WHERE <bad>`; None if the query has another shape.

    Raises:
        ContractError: the query does not parse, or is not repeatable.
    """
    text = sql.replace(PLACEHOLDER, THIS_TABLE)
    tree = parse_repeatable(text, lambda _: place)
    if {k for k, v in tree.args.items() if v} != {"expressions", "from_", "where"}:
        return None
    counted = [e.unalias() for e in tree.expressions]
    counts_rows = len(counted) == 1 and isinstance(counted[0], exp.Count) and isinstance(counted[0].this, exp.Star)
    bad = tree.args["where"].this
    table = tree.args["from_"].this
    if not counts_rows or bad.find(*NOT_OF_ONE_ROW) or table.name != THIS_TABLE:
        return None
    own = [c for c in bad.find_all(exp.Column) if c.table.lower() == table.alias_or_name.lower()]
    return _without(table.alias_or_name, len(own), _after_where(text))


def _after_where(sql: str) -> list[str]:
    """The words of the condition as they are written, each with the space before it, if there is one.

    sqlglot would write some of them in another way, which does not always mean the same to Spark.
    """
    written, depth, begin = words(sql), 0, 0
    for i, token in enumerate(written):
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if token.token_type is TokenType.WHERE and depth == 0:
            begin = i + 1
            break
    condition = written[begin:]
    spaced = [" " if b.start > a.end + 1 else "" for a, b in pairwise(condition)]
    return [space + sql[t.start : t.end + 1] for space, t in zip(["", *spaced], condition, strict=True)]


def _without(name: str, times: int, written: list[str]) -> str | None:
    """A condition without the table's name, since rows are judged one by one; None if the name is ambiguous in it."""
    kept, found = [], 0
    for i, word in enumerate(written):
        is_name = word.strip(" `").lower() == name.lower() and written[i + 1 : i + 2] == ["."]
        if is_name and written[i - 1 : i] != ["."]:
            found += 1
            kept.append(" " if word.startswith(" ") else "")
            written[i + 1] = ""
        else:
            kept.append(word)
    return "".join(kept).strip() if found == times else None


def other_tables(sql: str, place: str) -> list[str]:
    """The tables that a query over `${table}` reads besides that one.

    Raises:
        ContractError: it does not parse, is no query, or is not repeatable.
    """
    tree = parse_repeatable(sql.replace(PLACEHOLDER, THIS_TABLE), lambda _: place)
    if not isinstance(tree, exp.Query):
        raise ContractError(f"{place}: not a SELECT", given=sql, expected=f"a SELECT over {PLACEHOLDER}")
    own = {THIS_TABLE, *(cte.alias for cte in tree.find_all(exp.CTE))}
    return sorted({t.sql(dialect=DIALECT) for t in tree.find_all(exp.Table) if t.db or t.name not in own})


def refuse_unrepeatable(sql: str, moments: Iterable[str], place: str) -> None:
    """Check an expression, or a query over `${table}`, knowing which of its columns are dates or timestamps.

    Raises:
        ContractError: it compares one of them with a word such as 'today'.
    """
    text = sql.replace(PLACEHOLDER, THIS_TABLE)
    parse_repeatable(text if PLACEHOLDER in sql else f"SELECT {text}", lambda _: place, set(moments))


def unknown_columns(sql: str, known: Iterable[str]) -> list[str]:
    """The columns named in an expression, or a query over `${table}`, that are neither known nor defined in it."""
    text = sql.replace(PLACEHOLDER, THIS_TABLE)
    tree = parse_repeatable(text if PLACEHOLDER in sql else f"SELECT {text}", str)
    aliases = [node.alias for node in tree.find_all(exp.Alias, exp.TableAlias)]
    usual = {name.lower() for name in (*known, *aliases)}
    return sorted({c.name for c in tree.find_all(exp.Column) if c.name.lower() not in usual})
