"""From a contract's `roles` to those who may read the table, all of it or some of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from shared.contracts.expression import read_expression, unknown_columns
from shared.contracts.model import Reader
from shared.contracts.sql import parse_repeatable

if TYPE_CHECKING:
    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.odcs import Role

ROW_FILTER = "rowFilter"
# What a row filter of Lake Formation may be made of.
# Source: AWS Lake Formation developer guide, "PartiQL support in row filter expressions".
FILTER_PARTS = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Neg, exp.Cast, exp.DataType),
    *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.In, exp.Between, exp.Like, exp.Is),
)


def compile_readers(document: Document, columns: tuple[Column, ...]) -> tuple[Reader, ...]:
    """Read who may read the table.

    Raises:
        ContractError: a role stands there twice, or its row filter is none that Lake Formation takes.
    """
    readers: dict[str, Reader] = {}
    for i, role in enumerate(document.contract.roles):
        if role.role in readers:
            raise document.error(f"the role {role.role} stands there twice", ("roles", i), mend="keep one of them")
        readers[role.role] = Reader(role=role.role, row_filter=_row_filter(document, i, role, columns))
    return tuple(readers.values())


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
    (predicate,) = parse_repeatable(f"SELECT {text}", lambda _: document.place(at)).expressions
    if strange := next((node for node in predicate.walk() if not isinstance(node, FILTER_PARTS)), None):
        raise document.error(
            f"the row filter of {role.role} is none that Lake Formation takes",
            at,
            given=strange.sql(),
            expected="comparisons, in, between, like, is null, joined by and, or, not",
        )
    return text
