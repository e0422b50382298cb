"""Which columns two tables share according to their contracts, so that a row can be followed from one to the other.

orders -> sales_fact      order_id = order_id, because the SELECT joins them on it
raw_orders -> orders      salesorderid = order_id, because transformLogic is that plain column
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.looking.carried import carried
from scripts.looking.select_columns import equal_columns
from shared.contracts import Kind
from shared.contracts.query import BATCH
from shared.names import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.contracts import Catalog, Column, Table


@dataclass(frozen=True)
class Pair:
    """A column of the earlier table whose value, cast to the later column's type, is the later column's value."""

    earlier: str
    later: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """Two tables and the columns by which rows are followed from one to the other.

    Attributes:
        earlier: The table nearer to the source.
        later: The table nearer to gold.
        pairs: The columns that have the same value in both.
        missing: Key columns that could not be followed, so that too many rows are found rather than too few.
    """

    earlier: Table
    later: Table
    pairs: tuple[Pair, ...]
    missing: tuple[str, ...] = ()

    @property
    def is_same_row(self) -> bool:
        """Whether the pairs cover the keys of both tables, so that their rows describe the same thing."""
        return {p.earlier for p in self.pairs} >= set(self.earlier.primary_key) and {
            p.later for p in self.pairs
        } >= set(self.later.primary_key)

    def __str__(self) -> str:
        columns = ", ".join(p.later if p.earlier == p.later else f"{p.earlier} = {p.later}" for p in self.pairs)
        return columns + (f"; {', '.join(self.missing)} cannot be followed" if self.missing else "")


def link_up(earlier: Table, later: Table, catalog: Catalog, known: Iterable[str]) -> Link | None:
    """The link from rows of `later`, whose columns `known` are known, up to the rows of its input `earlier`.

    None if no column of either key is carried over unchanged.
    """
    pairs = tuple(p for p in input_pairs(earlier, later, catalog) if p.later in set(known))
    if later.kind is Kind.REFINED:
        # Each row was made from one row, so the known part of the key finds that row, perhaps among others.
        found = tuple(p for p in pairs if p.later in later.primary_key)
        missing = set(known) & set(later.primary_key) - {p.later for p in found}
        unfollowed = tuple(k for k in later.primary_key if k in missing)
        return Link(earlier=earlier, later=later, pairs=found, missing=unfollowed) if found else None
    found = _covering(pairs, "later", later.primary_key) or _covering(pairs, "earlier", earlier.primary_key)
    return Link(earlier=earlier, later=later, pairs=found) if found else None


def link_down(earlier: Table, later: Table, catalog: Catalog, known: Iterable[str]) -> Link | None:
    """The link from rows of `earlier`, whose columns `known` are known, down to the rows of `later`, which reads it.

    None if neither table's key is in the other.
    """
    pairs = tuple(p for p in input_pairs(earlier, later, catalog) if p.earlier in set(known))
    found = _covering(pairs, "earlier", earlier.primary_key) or _covering(pairs, "later", later.primary_key)
    return Link(earlier=earlier, later=later, pairs=found) if found else None


def link_by_key(earlier: Table, later: Table, catalog: Catalog) -> Link | None:
    """The link to a table that does not read `earlier`, by a foreign key or by equal column names; None without one.

    Equal names count only outside of bronze, where names are the sources' own, and only if no other table of the layer
    has the same key: a key that every table calls `id` identifies nothing.
    """
    if later.name == earlier.name or str(later.name) in catalog.requirements(str(earlier.name)):
        return None
    for column in later.foreign_keys:
        if column.parent and column.parent.table == earlier.name:
            return Link(earlier=earlier, later=later, pairs=(Pair(column.parent.column, column.name),))
    layer = [table for table in catalog.tables.values() if table.name.layer == earlier.name.layer]
    names_count = earlier.name.layer is not Layer.BRONZE and later.name.layer is not Layer.BRONZE
    is_unique_key = sum(table.primary_key == earlier.primary_key for table in layer) == 1
    if not (names_count and is_unique_key and set(earlier.primary_key) <= set(later.column_names)):
        return None
    return Link(earlier=earlier, later=later, pairs=tuple(Pair(k, k) for k in earlier.primary_key))


def why_unlinked(one: Table, other: Table) -> str:
    """Why rows cannot be followed between a table and its input, given in either order."""
    later = one if other.name in one.inputs else other
    keys = [c for c in later.columns if c.name in later.primary_key] if later.kind is Kind.REFINED else []
    made = [(c.logic or c.name) + (f" as {c.format}" if c.format else "") for c in keys if _plain(c) is None]
    if not made:
        return "neither has the other's key"
    return f"{later.name} makes its key by an expression: {', '.join(made)}"


def input_pairs(earlier: Table, later: Table, catalog: Catalog) -> tuple[Pair, ...]:
    """Every pair of columns in which `later` carries over a value of its input `earlier` unchanged."""
    if later.program:
        return ()
    if later.kind is Kind.BUILT and later.query:
        columns = {str(n): catalog.table(str(n)).column_names for n in later.inputs}
        equal = equal_columns(later.query.sql, columns)
        named = equal.get(str(earlier.name), {})
        return tuple(Pair(e, out) for out in later.column_names for e in named.get(out, ()))
    of_batch = {c.name: c.name for c in earlier.columns}
    if later.query:
        names = equal_columns(later.query.sql, {BATCH: earlier.column_names})[BATCH]
        of_batch = {out: ins[0] for out, ins in names.items() if ins}
    plain = [(_plain(column), column.name) for column in later.columns]
    return tuple(Pair(of_batch[p], name) for p, name in plain if p in of_batch)


def _covering(pairs: tuple[Pair, ...], side: str, key: tuple[str, ...]) -> tuple[Pair, ...]:
    """For each column of a key, the first pair that has it on the given side; empty unless every column has one."""
    found = [next((p for p in pairs if getattr(p, side) == column), None) for column in key]
    return tuple(p for p in found if p) if all(found) else ()


def _plain(column: Column) -> str | None:
    """The input's column whose values a refined column takes over; None if it is computed or changes the format."""
    return None if column.format else carried(column)
