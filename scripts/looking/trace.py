"""Follows one row through the lake: up to what it was made from, down to what was made from it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeGuard

from scripts.looking.findings import Finding, What
from scripts.looking.keys import check_values
from scripts.looking.lake import by_layer
from scripts.looking.links import link_by_key, link_down, link_up, why_unlinked
from scripts.looking.traced_tables import TracedTables

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from scripts.looking.links import Link
    from scripts.looking.traced_tables import TracedTable
    from shared.contracts import Catalog, Table

ORDER = (What.QUARANTINED, What.ROW, What.NOTE)


def trace(lake: Lake, catalog: Catalog, table: Table, key: dict[str, str]) -> list[Finding]:
    """Find everything that the lake has about the rows with a key, or with a part of one.

    Upstream it visits the inputs; downstream the tables that read this one, and those that have its key as a foreign
    key or under the same name. Each table is visited once, by the shortest path.

    Args:
        lake: The lake.
        catalog: The contracts, which say how tables are connected.
        table: The table that the key belongs to.
        key: Values by key column, as text.

    Returns:
        Findings in the order data flows.

    Raises:
        WrongRequestError: a value cannot be cast to its column's type.
    """
    walk = _Walk(TracedTables(lake), catalog)
    check_values(walk.places.relations, table, key)
    walk.go(walk.places.ask(table, key))
    index = {name: i for i, name in enumerate(catalog.tables)}
    return sorted(
        walk.places.findings,
        key=lambda f: (by_layer(catalog.table(f.table).name)[0], index[f.table], ORDER.index(f.what)),
    )


class _Walk:
    """Walks from table to table, and remembers which it has visited."""

    def __init__(self, places: TracedTables, catalog: Catalog) -> None:
        self.places, self.catalog = places, catalog
        self._visited: set[str] = set()
        self._gaps: dict[str, Table] = {}

    def go(self, start: TracedTable) -> None:
        """Visit the tables that the start's rows were made from, then those that were made from them."""
        self._visited.add(str(start.table.name))
        self._up(start)
        self._down(start)
        for name, other in self._gaps.items():
            if name not in self._visited:
                table = self.catalog.table(name)
                text = f"cannot be followed from {other.name}: {why_unlinked(table, other)}"
                self.places.note(table, text, f"by {other.name}")

    def _up(self, start: TracedTable) -> None:
        waiting = deque([start])
        while waiting:
            place = waiting.popleft()
            for name in place.table.inputs:
                earlier = self.catalog.table(str(name))
                link = link_up(earlier, place.table, self.catalog, place.columns)
                if self._is_new(link, place, earlier):
                    waiting.append(self.places.go_up(place, link))

    def _down(self, start: TracedTable) -> None:
        """Visit the tables downstream; where a row is still the start's own, also those that only share its key."""
        waiting = deque([(start, True)])
        while waiting:
            place, is_same = waiting.popleft()
            for later in self.catalog.tables.values():
                if place.table.name not in later.inputs:
                    continue
                link = link_down(place.table, later, self.catalog, place.columns)
                if self._is_new(link, place, later):
                    waiting.append((self.places.go_down(place, link), is_same and link.is_same_row))
            for link in self._by_key(place) if is_same else ():
                if self._is_new(link, place, link.later):
                    self.places.go_down(place, link, silently=True)

    def _by_key(self, place: TracedTable) -> list[Link]:
        found = (link_by_key(place.table, other, self.catalog) for other in self.catalog.tables.values())
        return [link for link in found if link and {p.earlier for p in link.pairs} <= set(place.columns)]

    def _is_new(self, link: Link | None, place: TracedTable, table: Table) -> TypeGuard[Link]:
        """Whether there is a link to a table not visited yet; a missing link is remembered, for a note at the end."""
        name = str(table.name)
        if link is None and place.has_rows:
            self._gaps.setdefault(name, place.table)
        if link is None or name in self._visited:
            return False
        self._visited.add(name)
        return True
