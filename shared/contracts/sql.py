"""One SQL statement parsed, and refused if it would give another answer tomorrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import ParseError, TokenError

from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable

DIALECT = "spark"

# `business_date` is the only "today"; the other functions differ from call to call, or from file to file.
UNREPEATABLE = (
    exp.CurrentDate,
    exp.CurrentDatetime,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentUser,
    exp.Localtime,
    exp.Localtimestamp,
    exp.Rand,
    exp.Randn,
    exp.SessionUser,
    exp.Shuffle,
    exp.Uuid,
)
UNREPEATABLE_NAMES = {
    "getdate",
    "input_file_name",
    "localtimestamp",
    "monotonically_increasing_id",
    "now",
    "randstr",
    "spark_partition_id",
    "user",
}
UNREPEATABLE_LITERALS = {"now", "today", "tomorrow", "yesterday"}


def parse_repeatable(sql: str, at: Callable[[int], str]) -> exp.Expression:
    """Parse one statement of Spark SQL.

    Args:
        sql: The statement.
        at: The place, for errors, of a line of the statement.

    Raises:
        ContractError: it does not parse, is not one statement, or has another answer tomorrow.
    """
    tree = _parse(sql, at)
    for node in tree.walk():
        if _is_unrepeatable(node):
            raise ContractError(
                f"{at(line_of(node))}: another answer on every call",
                given=node.sql(dialect=DIALECT),
                expected="the same rows from the same inputs",
                mend="where a query needs today, join the one-row table `business_date`",
            )
    return tree


def line_of(node: exp.Expr) -> int:
    """The line of the statement on which the first name in a node stands."""
    return next((n.meta["line"] for n in node.walk() if "line" in n.meta), 1)


def _parse(sql: str, at: Callable[[int], str]) -> exp.Expression:
    try:
        parsed = sqlglot.parse(sql, dialect=DIALECT)
    except (ParseError, TokenError) as error:
        first = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        line = first.get("line") or 1
        raise ContractError(
            f"{at(line)}: the SQL does not parse",
            given=_line(sql, line),
            expected=f"Spark SQL ({first.get('description') or error})",
        ) from error
    if line := _line_left_open(sql):
        raise ContractError(
            f"{at(line)}: the SQL does not parse",
            given=_line(sql, line),
            expected="Spark SQL (a bracket is not closed)",
        )
    statements = [s for s in parsed if isinstance(s, exp.Expression) and not isinstance(s, exp.Semicolon)]
    if len(statements) != 1:
        raise ContractError(f"{at(1)}: not one statement", given=f"{len(statements)} statements", expected="one")
    return statements[0]


def _line(sql: str, line: int) -> str:
    return "\n".join(sql.splitlines()[line - 1 : line]).strip()[:200]


def _line_left_open(sql: str) -> int | None:
    """The line of a bracket that is never closed; the parser forgives one after CAST and TRIM."""
    opened: list[int] = []
    for token in sqlglot.tokenize(sql, dialect=DIALECT):
        if token.token_type is TokenType.L_PAREN:
            opened.append(token.line)
        elif token.token_type is TokenType.R_PAREN and opened:
            opened.pop()
    return opened[-1] if opened else None


def _is_unrepeatable(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in UNREPEATABLE_NAMES
    if isinstance(node, exp.Column):  # Spark takes this one without parentheses, and then it reads like a column
        return node.name.lower() == "localtimestamp"
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        return node.this.name.strip().lower() in UNREPEATABLE_LITERALS
    return isinstance(node, UNREPEATABLE)
