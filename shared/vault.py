"""Where the vaults are, which have what tokens stand for, and how one is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.names import TableName

# The folder of the vaults in the place of personal data, and their database in the catalog.
VAULT = "vault"
TOKEN, VALUE = "token", "value"


def vault_location(pii_root: str, name: TableName) -> str:
    """Where it is kept what the tokens of a table stand for, as a Delta table of its own."""
    return f"{pii_root}/{VAULT}/{name.layer}/{name.table}"
