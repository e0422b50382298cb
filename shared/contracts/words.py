"""The words of a statement as they are written: what a query is known by, and what sqlglot must have understood."""

from __future__ import annotations

from collections import Counter

import sqlglot
from sqlglot import ErrorLevel, Token, TokenType, exp
from sqlglot.errors import UnsupportedError

from shared.contracts.sql import DIALECT

LITERALS = {TokenType.STRING, TokenType.RAW_STRING, TokenType.NUMBER}
NAMES = {TokenType.VAR, TokenType.IDENTIFIER}
# What sqlglot leaves out or says in other words without a change of meaning. Where nulls stand in an order it leaves
# out only if that is where Spark has them anyway. Brackets and commas come and go with the functions.
SAID_OTHERWISE = {
    *("ALIAS", "ASC", "DCOLON", "FIRST", "INNER", "NULLSAFE_EQ", "OUTER", "QUALIFY", "last", "nulls"),
    *("COMMA", "L_PAREN", "R_PAREN", "SEMICOLON"),
}
# What sqlglot needs to say the same by another function or by an operator.
PUT_IN = {"date_sub": ("STAR", "DASH", "1"), "mod": ("MOD",)}
# `first(a, true)` becomes `FIRST(a) IGNORE NULLS`.
ONE_SPELLING = {"ignore": "TRUE"}


def words(sql: str) -> list[Token]:
    """The words of a statement, without comments and a semicolon at its end.

    A number with its type, such as 1L, is one word; sqlglot makes several tokens of it.
    """
    tokens = sqlglot.tokenize(sql, dialect=DIALECT)
    return list({t.start: t for t in tokens if t.token_type is not TokenType.SEMICOLON}.values())


def canonical(sql: str, tree: exp.Expr) -> str:
    """A statement without its layout, its comments and the letter case of its keywords.

    It is made of words, since not all of them reach sqlglot's tree.

    Args:
        sql: The statement.
        tree: Its tree, which tells which words are names; their letter case can reach the rows, as names of fields.
    """
    names = {name.meta.get("start") for name in tree.find_all(exp.Identifier)}
    return " ".join(_plain(w, sql, is_name=w.start in names) for w in words(sql))


def misread(sql: str, tree: exp.Expr) -> str:
    """Why sqlglot's tree of a statement does not mean the same; empty if it does.

    sqlglot knows some functions only in some forms. It leaves out other arguments, adds what it takes for the default,
    or takes another function, whose result may differ. So no word may be missing when it writes the tree out, and no
    value or operator may be new. Names of functions do not count, since many have several.

    Args:
        sql: The statement.
        tree: Its tree, before anything is changed in it.
    """
    again = None if tree.find(exp.WithinGroup) else _written(tree)
    if again is None:
        return "it has a function that is known in another form only"
    given, understood = _said(sql), _said(again)
    known = Counter(p for t in sqlglot.tokenize(sql, dialect=DIALECT) for p in PUT_IN.get(t.text.lower(), ()))
    lost = _times(given) - _times(understood)
    gained = _times(_values(understood)) - _times(given) - known
    if lost:
        return f"sqlglot would write it without {_first(given, lost)}"
    return f"sqlglot would write it with another {_first(understood, gained)}" if gained else ""


def _plain(word: Token, sql: str, *, is_name: bool) -> str:
    """A word as it is written; a keyword, such as GROUP BY, in upper case and with one blank in it."""
    text = sql[word.start : word.end + 1]
    return text if is_name or word.token_type in LITERALS else " ".join(text.upper().split())


def _written(tree: exp.Expr) -> str | None:
    try:
        return tree.sql(dialect=DIALECT, comments=False, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError:
        return None


def _said(sql: str) -> list[tuple[str, str]]:
    """The words of a statement that count: in one spelling, and as they are written."""
    tokens = sqlglot.tokenize(sql, dialect=DIALECT)
    opened = [*(t.token_type is TokenType.L_PAREN for t in tokens[1:]), False]
    spelt = [
        (_spelling(t), sql[t.start : t.end + 1])
        for t, is_open in zip(tokens, opened, strict=True)
        if not (is_open and t.token_type is TokenType.VAR)
    ]
    return [(spelling, text) for spelling, text in spelt if spelling not in SAID_OTHERWISE]


def _spelling(token: Token) -> str:
    """A word's text in lower case if it is a name or a value; else its kind, in upper case."""
    text = token.text.lower() if token.token_type in LITERALS | NAMES else token.token_type.name
    return ONE_SPELLING.get(text, text)


def _values(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The values and operators among words: those that do not begin like a name."""
    return [(spelling, text) for spelling, text in said if not (text[0].isalpha() or text[0] in "_`")]


def _times(said: list[tuple[str, str]]) -> Counter[str]:
    return Counter(spelling for spelling, _ in said)


def _first(said: list[tuple[str, str]], among: Counter[str]) -> str:
    return next(text for spelling, text in said if spelling in among)
