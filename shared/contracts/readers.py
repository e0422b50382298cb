"""Compiles a contract's `roles`: who may read the table or some of its rows, and who may turn tokens back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.document import TABLE
from shared.contracts.expression import read_expression, refuse_unrepeatable, unknown_columns
from shared.contracts.sql import parse_repeatable
from shared.contracts.treatment import Treatment
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.model import Query
    from shared.contracts.odcs import Role

ROW_FILTER, DETOKENIZE = "rowFilter", "detokenize"
# The expressions that a row filter of Lake Formation may contain.
# Source: AWS Lake Formation developer guide, "PartiQL support in row filter expressions".
FILTER_PARTS = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Neg, exp.Cast, exp.DataType),
    *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.In, exp.Between, exp.Like, exp.Is),
)
# Spark takes double quotes for a text; PartiQL, which gets the filter unchanged, takes them for a name.
TEXT = re.compile(r"'[^'\\]*'")
OF_SPARK_ALONE = re.compile(
    r"""["`\\] | == | && | :: | !(?!=) | -- | /\* | \btry_cast\b | \b\d[\d.]*(?:bd|[dflsy])\b""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A role that may read the table; with `row_filter`, a predicate, only the rows for which it holds."""

    role: str
    row_filter: str | None = None


def compile_readers(document: Document, columns: tuple[Column, ...]) -> tuple[Reader, ...]:
    """Compile who may read the table.

    Raises:
        ContractError: a role is named twice, or Lake Formation does not accept its row filter.
    """
    return tuple(
        Reader(role=role.role, row_filter=_row_filter(document, i, role, columns))
        for i, role in _with_access(document, "read")
    )


def compile_detokenizers(document: Document, columns: tuple[Column, ...], query: Query | None) -> tuple[str, ...]:
    """Compile who may turn the table's tokens back.

    Raises:
        ContractError: a role is named twice or has a row filter, or the table has no tokens; or it has tokens and its
            rows are made by a query, so that an erasure could not tell which row of the input has which token.
    """
    tokenized = [c.name for c in columns if c.treatment is Treatment.TOKENIZE]
    if tokenized and query:
        raise document.error(
            f"column {tokenized[0]} is tokenized in a table whose rows a query makes",
            TABLE,
            expected="a table that is its input row for row: an erasure follows the tokens from there",
            mend=f"tokenize it in such a table, or use {Treatment.HMAC}",
        )
    roles = _with_access(document, DETOKENIZE)
    for i, role in roles:
        if not tokenized or role.customProperties:
            raise document.error(
                f"the role {role.role} may turn back what is not there"
                if not tokenized
                else f"the role {role.role} may turn back tokens of some rows only",
                ("roles", i),
                expected=f"a column with the treatment {Treatment.TOKENIZE}" if not tokenized else f"no {ROW_FILTER}",
                mend=f"use access: read, or take {role.role} off",
            )
    return tuple(role.role for _, role in roles)


def _with_access(document: Document, access: str) -> list[tuple[int, Role]]:
    found: dict[str, tuple[int, Role]] = {}
    for i, role in enumerate(document.contract.roles):
        if role.access == access:
            if role.role in found:
                raise document.error(f"the role {role.role} stands there twice", ("roles", i), mend="keep one of them")
            found[role.role] = (i, role)
    return list(found.values())


def _row_filter(document: Document, i: int, role: Role, columns: tuple[Column, ...]) -> str | None:
    at = ("roles", i, "customProperties")
    value = document.customs(role.customProperties, {ROW_FILTER}, at).get(ROW_FILTER)
    if value is None:
        return None
    text = read_expression(str(value), document.place(at))
    plain = {c.name for c in columns if not c.type.startswith("array")}
    if unknown := unknown_columns(text, plain):
        raise document.error(
            f"the row filter of {role.role} names what is no column of one value",
            at,
            given=", ".join(unknown),
            expected=", ".join(sorted(plain)),
        )
    refuse_unrepeatable(text, [c.name for c in columns if c.type in MOMENTS], document.place(at))
    (predicate,) = parse_repeatable(f"SELECT {text}", lambda _: document.place(at)).expressions
    if strange := next((node for node in predicate.walk() if not isinstance(node, FILTER_PARTS)), None):
        raise document.error(
            f"the row filter of {role.role} is none that Lake Formation takes",
            at,
            given=strange.sql(),
            expected="comparisons, in, between, like, is null, joined by and, or, not",
        )
    if spelled := OF_SPARK_ALONE.search(TEXT.sub("", text)):
        raise document.error(
            f"the row filter of {role.role} is written as Spark alone reads it",
            at,
            given=spelled[0],
            expected="texts in single quotes, a single =, bare names, not, cast(), plain numbers, no comments",
        )
    return text
