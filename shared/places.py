"""Where a table is, and where its companions are, the Delta tables that are committed before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.names import events_location, quarantine_location, table_location, tombstones_location
from shared.vault import VAULT, vault_location

if TYPE_CHECKING:
    from shared.contracts import Table
    from shared.names import Roots


# The companions that a table may have, by what they are: the function for their location under a root of the lake.
COMPANIONS = {
    "quarantine": quarantine_location,
    "tombstones": tombstones_location,
    "events": events_location,
    VAULT: vault_location,
}


def location_of(roots: Roots, table: Table) -> str:
    """Where a table is: in the place of personal data if it holds any, else in the open lake."""
    return table_location(roots.of(is_personal=table.is_personal), table.name)


def ways_to(roots: Roots, table: Table) -> dict[str, str]:
    """Where a table and its quarantine belong, each by where it would be under the other root of the lake.

    They are under the other root if the table held personal data under an earlier contract and holds none now, or the
    other way round.
    """
    other, own = (roots.of(is_personal=found) for found in (not table.is_personal, table.is_personal))
    return {
        location(other, table.name): location(own, table.name) for location in (table_location, quarantine_location)
    }


def companions(roots: Roots, table: Table) -> dict[str, str]:
    """The locations of the companions that a table may have, by what they are; most tables have few of them.

    Args:
        roots: The places of the lake.
        table: The table.
    """
    root_of = {"quarantine": roots.of(is_personal=table.is_personal), VAULT: roots.pii}
    return {what: location(root_of.get(what, roots.lake), table.name) for what, location in COMPANIONS.items()}
