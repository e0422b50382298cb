"""The Delta tables that lie beside a table, committed before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.names import events_location, quarantine_location, tombstones_location
from shared.vault import VAULT, vault_location

if TYPE_CHECKING:
    from shared.contracts import Table
    from shared.names import Roots


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
