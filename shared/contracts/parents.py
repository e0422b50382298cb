"""Checks a column against its parent's key and the columns it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.model import Kind
from shared.contracts.retention import EXPIRES, SNAPSHOTS
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.contracts.column import Column, Parent
    from shared.contracts.model import Table


def check_parent(column: Column, to: Parent, tables: Mapping[str, Table], place: Callable[[], str]) -> None:
    """Check a relationship against the table it points to.

    Args:
        column: The column with the relationship.
        to: The key it points to.
        tables: Every table by full name.
        place: Gives `file:line` of the relationship.

    Raises:
        ContractError: the parent is unknown, is no refined table that keeps its rows, or its key does not fit.
    """
    parent = tables.get(str(to.table))
    if parent is None:
        raise ContractError(
            f"{place()}: column {column.name} points to an unknown parent table",
            given=str(to.table),
            expected=", ".join(sorted(tables)),
        )
    if parent.kind is not Kind.REFINED:
        raise ContractError(
            f"{place()}: column {column.name} points to a table that is {parent.kind}",
            given=str(to.table),
            expected="a table that is refined: it has one row per key, before the rows that point to it come",
        )
    if parent.retention:
        raise _goes_by_age(column, to, parent, place)
    if parent.history:
        raise ContractError(
            f"{place()}: column {column.name} points to a history, which has many rows of one key",
            given=str(to.table),
            expected="a table with one row per key",
        )
    if parent.primary_key != (to.column,):
        raise ContractError(
            f"{place()}: column {column.name} points to something that is not its parent's key",
            given=f"{parent.name}.{to.column}",
            expected=f"the key of {parent.name}, if it is one column: {', '.join(parent.primary_key)}",
        )
    key = next(c for c in parent.columns if c.name == to.column)
    if key.type != column.type:
        raise ContractError(
            f"{place()}: column {column.name} and its parent's key differ in type",
            given=column.type,
            expected=key.type,
        )
    if key.treatment is not column.treatment:
        raise ContractError(
            f"{place()}: column {column.name} and its parent's key are treated differently, and never equal",
            given=str(column.treatment),
            expected=str(key.treatment),
        )


def check_reference(column: Column, to: Parent, tables: Mapping[str, Table], place: Callable[[], str]) -> None:
    """Check a `refersTo` against the column it names; the arguments are those of `check_parent`.

    Raises:
        ContractError: the column is unknown, or cannot hold such values.
    """
    parent = tables.get(str(to.table))
    if parent and parent.retention:
        raise _goes_by_age(column, to, parent, place)
    same = [c for c in parent.columns if c.name == to.column and c.treatment is None] if parent else []
    # A column that landed as text may refer to one of any type.
    if not same or column.type not in (same[0].type, "string"):
        raise ContractError(
            f"{place()}: column {column.name} refers to what cannot hold its values",
            given=f"{to.table}.{to.column}",
            expected=f"a column that is there, of type {column.type}, and not treated",
        )


def _goes_by_age(column: Column, to: Parent, parent: Table, place: Callable[[], str]) -> ContractError:
    retention = SNAPSHOTS if parent.kind is Kind.INGESTED else EXPIRES
    return ContractError(
        f"{place()}: column {column.name} points to a table whose rows are deleted by age",
        given=f"{to.table}, kept {parent.retention}",
        expected="a parent that stays for as long as rows point to it; later ones would be refused for want of theirs",
        mend=f"take {retention} from {to.table}, or the link from this column",
    )
