"""Which column of its input a refined column takes over unchanged, according to its `transformLogic`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from shared.contracts.sql import DIALECT

if TYPE_CHECKING:
    from shared.contracts import Column


def carried(column: Column) -> str | None:
    """The input's column whose values a column takes over wherever it is not null; None if it is computed.

    Type and format may differ.

    Example:
        carried(Column(name="account_id", logic="nullif(accountid, '')", ...))  # "accountid"
    """
    if column.logic is None:
        return column.name
    tree = sqlglot.parse_one(column.logic, dialect=DIALECT)
    while isinstance(tree, exp.Cast | exp.TryCast | exp.Paren | exp.Nullif):
        tree = tree.this
    return tree.name if isinstance(tree, exp.Column) else None
