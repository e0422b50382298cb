"""What generated rows of a bronze table have to keep to, as its contract and those of the tables it feeds say it."""

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

    `numbered` are the first column of the key, those of the key that `refersTo` of others names alone, and those that
    point to another table's key: a copy has numbers of its own there, the same for a key and what points to it.
    `required` may not be empty in silver, so an empty cell there makes a dirty row; the cursor is not among them. A
    table that is `whole` is read whole each time: a key that is gone is deleted.
    """

    table: str
    key: tuple[str, ...]
    numbered: frozenset[str]
    required: tuple[str, ...]
    cursor: str | None
    lag: timedelta
    is_whole: bool


def shape_of(catalog: Catalog, table: Table) -> Shape:
    """Read the shape of a bronze table out of the contracts."""
    refined = _refined(catalog, table)
    taken = [(_plain(c, table), c) for t in refined for c in t.columns]
    pointing = {name for name, column in taken if name and column.parent}
    numbered = frozenset({*table.primary_key[:1], *pointing, *_named_alone(catalog, table, refined)})
    source = table.source
    # A source writes its cursor itself; Salesforce would not be asked for a record without one.
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
    """The tables that take their columns straight from this one."""
    return [t for t in catalog.tables.values() if t.kind is Kind.REFINED and table.name in t.inputs and t.query is None]


def _named_alone(catalog: Catalog, table: Table, refined: list[Table]) -> set[str]:
    """The columns of the key that others refer to without the rest of it, and which are unique, therefore."""
    named = {(r.table, r.column) for t in catalog.tables.values() for c in t.columns for r in c.refers_to}
    taken = {name for t in refined for c in t.columns if (t.name, c.name) in named and (name := _plain(c, table))}
    return taken & set(table.primary_key)


def _plain(column: Column, table: Table) -> str | None:
    """The column of the input that a column is, None when it is made of several or of a part of one."""
    name = carried(column)
    return name if name in table.column_names else None
