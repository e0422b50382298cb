"""Finds the tables of a lake that no contract has any more, which an erasure does not search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.files import folders_in
from shared.names import Layer, TableName, table_location
from shared.places import COMPANIONS, companions, location_of

if TYPE_CHECKING:
    from shared.contracts import Catalog
    from shared.names import Roots


def unsearched(catalog: Catalog, roots: Roots) -> list[str]:
    """The folders of tables, quarantines, tombstones, events and vaults that belong to no contract.

    Args:
        catalog: All contracts.
        roots: The places of the lake.
    """
    known = {
        place
        for table in catalog.tables.values()
        for place in (location_of(roots, table), *companions(roots, table).values())
    }
    parents = [
        location(root, TableName(layer, "_")).rpartition("/")[0]
        for root in (roots.lake, roots.pii)
        for location in (table_location, *COMPANIONS.values())
        for layer in Layer
    ]
    return [folder for parent in parents for folder in folders_in(parent) if folder not in known]
