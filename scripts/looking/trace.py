"""Follows one row through the lake: up to what it was made of, down to what was made of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeGuard

from scripts.looking.findings import Finding, What
from scripts.looking.keys import check_values
from scripts.looking.lake import by_layer
from scripts.looking.links import link_by_key, link_down, link_up, why_unlinked
from scripts.looking.places import Places

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from scripts.looking.links import Link
    from scripts.looking.places import Place
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
    walk.go(walk.places.ask(table, key))
    index = {name: i for i, name in enumerate(catalog.tables)}
    return sorted(
        walk.places.findings,
        key=lambda f: (by_layer(catalog.table(f.table).name)[0], index[f.table], ORDER.index(f.what)),
    )


class _Walk:
    """The way from table to table."""

    def __init__(self, places: Places, catalog: Catalog) -> None:
        self.places, self.catalog = places, catalog
        self._visited: set[str] = set()
        self._gaps: dict[str, Table] = {}

    def go(self, start: Place) -> None:
        """Visit what the rows of a place were made of, then what was made of them."""
        self._visited.add(str(start.table.name))
        self._up(start)
        self._down(start)
        for name, other in self._gaps.items():
            if name not in self._visited:
                table = self.catalog.table(name)
                text = f"cannot be followed from {other.name}: {why_unlinked(table, other)}"
                self.places.note(table, text, f"by {other.name}")

    def _up(self, start: Place) -> None:
        waiting = deque([start])
        while waiting:
            place = waiting.popleft()
            for name in place.table.inputs:
                earlier = self.catalog.table(str(name))
                link = link_up(earlier, place.table, self.catalog, place.columns)
                if self._is_new_way(link, place, earlier):
                    waiting.append(self.places.go_up(place, link))

    def _down(self, start: Place) -> None:
        """Go down the tables that read each other; the start's key is looked for by itself elsewhere, too."""
        waiting = deque([(start, True)])
        while waiting:
            place, is_same = waiting.popleft()
            for later in self.catalog.tables.values():
                if place.table.name not in later.inputs:
                    continue
                link = link_down(place.table, later, self.catalog, place.columns)
                if self._is_new_way(link, place, later):
                    waiting.append((self.places.go_down(place, link), is_same and link.is_same_row))
            for link in self._by_key(place) if is_same else ():
                if self._is_new_way(link, place, link.later):
                    self.places.go_down(place, link, silently=True)

    def _by_key(self, place: Place) -> list[Link]:
        found = (link_by_key(place.table, other, self.catalog) for other in self.catalog.tables.values())
        return [link for link in found if link and {p.earlier for p in link.pairs} <= set(place.columns)]

    def _is_new_way(self, link: Link | None, place: Place, table: Table) -> TypeGuard[Link]:
        """Whether there is a link to a table not visited yet; where there is none, that is kept to be told."""
        name = str(table.name)
        if link is None and place.has_rows:
            self._gaps.setdefault(name, place.table)
        if link is None or name in self._visited:
            return False
        self._visited.add(name)
        return True
