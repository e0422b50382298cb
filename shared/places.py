"""Where a table lies, and the Delta tables that lie beside it and are committed before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.names import events_location, quarantine_location, table_location, tombstones_location
from shared.vault import VAULT, vault_location

if TYPE_CHECKING:
    from shared.contracts import Table
    from shared.names import Roots


def location_of(roots: Roots, table: Table) -> str:
    """Where a table lies: among personal data, if that is what it holds."""
    return table_location(roots.of(is_personal=table.is_personal), table.name)


def ways_to(roots: Roots, table: Table) -> dict[str, str]:
    """Where a table and its quarantine would lie if it held personal data, or none, and where each of them belongs."""
    there, here = (roots.of(is_personal=found) for found in (not table.is_personal, table.is_personal))
    return {place(there, table.name): place(here, table.name) for place in (table_location, quarantine_location)}


def companions(roots: Roots, table: Table) -> dict[str, str]:
    """Where what is kept beside a table would lie, by what it is; most tables have few of them.

    Args:
        roots: The places of the lake.
        table: The table.
    """
    name = table.name
    return {
        "quarantine": quarantine_location(roots.of(is_personal=table.is_personal), name),
        "tombstones": tombstones_location(roots.lake, name),
        "events": events_location(roots.lake, name),
        VAULT: vault_location(roots.pii, name),
    }
