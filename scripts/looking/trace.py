"""Follows one row through the lake: up to what it was made of, down to what was made of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from scripts.looking.keys import check_values
from scripts.looking.lake import by_layer
from scripts.looking.links import link_by_key, link_down, link_up
from scripts.looking.places import Finding, Place, Places, What

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from scripts.looking.links import Link
    from shared.contracts import Catalog, Table

ORDER = (What.QUARANTINED, What.ROW, What.NOTE)


def trace(lake: Lake, catalog: Catalog, table: Table, key: dict[str, str]) -> list[Finding]:
    """Everything the lake knows of the rows with a key, or a part of one.

    Upstream go the inputs, downstream the tables that read this one, and those that have its key as a foreign key or
    by the same name. Each table is visited once, by the shortest way.

    Args:
        lake: The lake.
        catalog: The contracts, which say how tables hang together.
        table: The table the key is of.
        key: Values by key column, as text.

    Returns:
        Findings in the order data flows.

    Raises:
        WrongRequestError: a value cannot be of its column's type.
    """
    walk = _Walk(Places(lake), catalog)
    check_values(walk.places.relations, table, key)
    start = walk.places.ask(table, key)
    walk.visited.add(str(table.name))
    walk.up(start)
    walk.down(start)
    index = {name: i for i, name in enumerate(catalog.tables)}
    return sorted(
        walk.places.findings,
        key=lambda f: (by_layer(catalog.table(f.table).name)[0], index[f.table], ORDER.index(f.what)),
    )


class _Walk:
    """The way from table to table."""

    def __init__(self, places: Places, catalog: Catalog) -> None:
        self.places, self.catalog = places, catalog
        self.visited: set[str] = set()

    def up(self, start: Place) -> None:
        """Visit what the rows were made of."""
        waiting = deque([start])
        while waiting:
            place = waiting.popleft()
            for name in place.table.inputs:
                earlier = self.catalog.table(str(name))
                link = link_up(earlier, place.table, self.catalog, place.columns)
                if link and self._is_new(earlier):
                    waiting.append(self.places.go_up(place, link))
                elif link is None and str(name) not in self.visited:
                    self._note_gap(earlier, f"cannot be followed up from {place.table.name}", place.table)

    def down(self, start: Place) -> None:
        """Visit what was made of the rows, and where else their key stands."""
        waiting = deque([(start, True)])
        while waiting:
            place, is_same = waiting.popleft()
            gaps = []
            for later in self.catalog.tables.values():
                if place.table.name not in later.inputs:
                    continue
                link = link_down(place.table, later, self.catalog, place.columns)
                if link and self._is_new(later):
                    waiting.append((self.places.go_down(place, link), is_same and link.is_same_row))
                elif link is None:
                    gaps.append(later)
            for link in self._by_key(place.table) if is_same else ():
                if self._is_new(link.later):
                    self.places.go_down(place, link, silently=True)
            for later in gaps:
                if str(later.name) not in self.visited:
                    self._note_gap(later, f"cannot be followed down from {place.table.name}", place.table)

    def _by_key(self, table: Table) -> list[Link]:
        found = (link_by_key(table, other, self.catalog) for other in self.catalog.tables.values())
        return [link for link in found if link]

    def _is_new(self, table: Table) -> bool:
        is_new = str(table.name) not in self.visited
        self.visited.add(str(table.name))
        return is_new

    def _note_gap(self, table: Table, what: str, other: Table) -> None:
        self.places.note(table, f"{what}: neither table carries the key of the other as it is", str(other.name))
