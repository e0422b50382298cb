"""Parses one SQL statement, and refuses it if it is not repeatable: if it would give another answer tomorrow."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, ClassVar

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.spark import SparkParser

from shared.contracts.repeatable import unrepeatable
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from sqlglot.optimizer.annotate_types import TypeAnnotator


def _with_unit(function: str, at: int) -> Callable[[list[exp.Expr]], exp.Expr]:
    """Parse calls of a function with a unit, which sqlglot takes for a word; if it is none, as an unknown function."""
    known = SparkParser.FUNCTIONS[function]

    def read(args: list[exp.Expr]) -> exp.Expr:
        is_known = len(args) > at and isinstance(args[at], exp.Literal)
        return known(args) if is_known else exp.Anonymous(this=function, expressions=args)

    return read


def _if_said_again(function: str) -> Callable[[list[exp.Expr]], exp.Expr]:
    """Parse calls of a function that sqlglot may write differently; if it would, as an unknown function.

    It leaves out a format that it takes for the default, finds letters of a format in a quoted word, and has another
    name, or none, for functions of Spark that differ from those it knows.
    """
    known = SparkParser.FUNCTIONS[function]
    asked = {"dialect": Spark()} if "dialect" in signature(known).parameters else {}

    def read(args: list[exp.Expr]) -> exp.Expr:
        as_it_is = exp.Anonymous(this=function, expressions=args)
        understood = known([a.copy() for a in args], **asked)
        is_same = understood.sql(dialect=DIALECT) == as_it_is.sql(dialect=DIALECT)
        return understood if is_same else as_it_is

    return read


class Log2(exp.Expression, exp.Func):
    """A logarithm to base 2, which sqlglot takes for `LOG(2, x)`: Spark's doubles of the two differ."""

    arg_types: ClassVar = {"this": True}


class Log10(exp.Expression, exp.Func):
    """A logarithm to base 10, as above: in Spark, LOG10(1000) is 3, and LOG(10, 1000) is less."""

    arg_types: ClassVar = {"this": True}


def _type_extract(typing: TypeAnnotator, extract: exp.Expr) -> exp.Expr:
    """Give an EXTRACT its type: in Spark seconds have a fraction; all other parts are whole numbers."""
    type_ = exp.DataType.build("DECIMAL(8, 6)" if extract.this.name.upper().startswith("S") else "INT")
    return typing._set_type(extract, type_)  # noqa: SLF001 - as sqlglot's own annotators do


class Spark4(Spark):
    """Spark SQL of Spark 4, as sqlglot's own dialect does not read it yet.

    A quote that is doubled in a text is one quote; in older versions it ends one text and begins the next.
    Source: `spark.sql.legacy.consecutiveStringLiterals.enabled` of Spark 4.
    """

    EXPRESSION_METADATA = {  # noqa: RUF012 - a ClassVar could not replace sqlglot's
        **Spark.EXPRESSION_METADATA,
        exp.Extract: {"annotator": _type_extract},
    }

    class Tokenizer(Spark.Tokenizer):
        """Spark's, with both quotes as their own escapes."""

        STRING_ESCAPES: ClassVar = ["\\", "'", '"']

    class Parser(SparkParser):
        """Spark's, with units that may be any expression, and without functions that sqlglot writes differently."""

        FUNCTIONS: ClassVar = {
            **SparkParser.FUNCTIONS,
            "DATE_TRUNC": _with_unit("DATE_TRUNC", 0),
            "TRUNC": _with_unit("TRUNC", 1),
            **{name: _if_said_again(name) for name in ("ARRAY_SIZE", "DATE_FORMAT", "PARSE_JSON", "TO_DATE")},
            "LOG2": Log2.from_arg_list,
            "LOG10": Log10.from_arg_list,
        }
        # Its own way with this one leaves out the weight, the third argument.
        FUNCTION_PARSERS: ClassVar = {k: v for k, v in SparkParser.FUNCTION_PARSERS.items() if k != "PERCENTILE"}


DIALECT = Spark4


def parse_repeatable(sql: str, at: Callable[[int], str], moments: Collection[str] = ()) -> exp.Expression:
    """Parse one statement of Spark SQL.

    Args:
        sql: The statement.
        at: The place, for errors, of a line of the statement.
        moments: The columns known to be dates or timestamps; compared with one of them, 'today' is a date.

    Raises:
        ContractError: it does not parse, is not one statement, is not repeatable, or reads a table with renamed columns
            or at a version.
    """
    tree = _parse(sql, at)
    for table in tree.find_all(exp.Table):
        _refuse_disguise(table, at)
    for node in unrepeatable(tree, moments):
        raise ContractError(
            f"{at(line_of(node))}: another answer on every call",
            given=node.sql(dialect=DIALECT),
            expected="the same rows from the same inputs",
            mend="where the query of a built table needs today, join the one-row table `business_date`",
        )
    return tree


def hidden_stars(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The stars that stand for columns inside a function, as in `to_json(struct(*))`; not `COUNT(*)`."""
    for star in filter(stands_for_columns, tree.find_all(exp.Star)):
        place = star.parent.parent if isinstance(star.parent, exp.Column) else star.parent
        if not isinstance(place, exp.Select):
            yield star


def stands_for_columns(star: exp.Expr) -> bool:
    """Whether a star means columns; only that of `COUNT(*)` means rows."""
    return not isinstance(star.parent, exp.Count)


def line_of(node: exp.Expr) -> int:
    """The line in the statement of the first name in a node."""
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


def _refuse_disguise(table: exp.Table, at: Callable[[int], str]) -> None:
    """Refuse a table with renamed columns or at a version: columns are followed by name, in the newest version."""
    alias = table.args.get("alias")
    is_renamed = alias is not None and (alias.columns or not isinstance(alias.this, exp.Identifier))
    if is_renamed or table.args.get("version"):
        raise ContractError(
            f"{at(line_of(table))}: a table is read otherwise than as it is",
            given=table.sql(dialect=DIALECT),
            expected="the table by its name, perhaps with one more name for it",
            mend="rename columns in a SELECT over it" if is_renamed else "leave the version out",
        )


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
