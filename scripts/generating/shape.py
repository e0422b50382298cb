"""The constraints on generated rows of a bronze table, from its contract and those of the tables that it feeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from scripts.looking.carried import carried
from shared.contracts import Disposition, Kind

if TYPE_CHECKING:
    from shared.contracts import Catalog, Column, Table


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The columns that matter when rows are copied; all names are those of the bronze contract.

    Attributes:
        table: The table's name.
        key: The columns of its key.
        numbered: The columns in which each copy has its own values, the same for a key and for references to it: the
            first column of the key, key columns that other tables' `refersTo` names on their own, and columns that
            point to another table's key.
        required: The columns that must not be empty in silver, so that an empty cell makes a dirty row; without the
            cursor.
        cursor: The column that the source is read by, if there is one.
        lag: How far back each read overlaps the one before.
        is_whole: Whether the table is read in full each time, so that a missing key is deleted.
    """

    table: str
    key: tuple[str, ...]
    numbered: frozenset[str]
    required: tuple[str, ...]
    cursor: str | None
    lag: timedelta
    is_whole: bool


def shape_of(catalog: Catalog, table: Table) -> Shape:
    """Derive the shape of a bronze table from the contracts."""
    refined = _refined(catalog, table)
    taken = [(_plain(c, table), c) for t in refined for c in t.columns]
    pointing = {name for name, column in taken if name and column.parent}
    numbered = frozenset({*table.primary_key[:1], *pointing, *_named_alone(catalog, table, refined)})
    source = table.source
    # A source always fills its cursor; Salesforce's readers would never find a record without one.
    filled = {*numbered, *table.primary_key, source.cursor if source else None}
    required = {name for name, column in taken if name and column.required} - filled
    return Shape(
        table=str(table.name),
        key=table.primary_key,
        numbered=numbered,
        required=tuple(sorted(required)),
        cursor=source.cursor if source else None,
        lag=timedelta(seconds=source.lag_seconds if source else 0),
        is_whole=table.disposition is Disposition.SNAPSHOT,
    )


def _refined(catalog: Catalog, table: Table) -> list[Table]:
    """The tables that take their columns directly from this one."""
    return [t for t in catalog.readers_of(table.name) if t.kind is Kind.REFINED and t.query is None]


def _named_alone(catalog: Catalog, table: Table, refined: list[Table]) -> set[str]:
    """The key columns that other tables refer to without the rest of the key, and which are therefore unique."""
    named = {(r.table, r.column) for t in catalog.tables.values() for c in t.columns for r in c.refers_to}
    taken = {name for t in refined for c in t.columns if (t.name, c.name) in named and (name := _plain(c, table))}
    return taken & set(table.primary_key)


def _plain(column: Column, table: Table) -> str | None:
    """The input's column that a column takes over; None if it is computed from several or from part of one."""
    name = carried(column)
    return name if name in table.column_names else None
