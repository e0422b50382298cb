"""Where the vaults are, which hold the values that tokens stand for, and the columns to look them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.names import TableName

# The folder of the vaults in the place of personal data, and their database in the catalog.
VAULT = "vault"
TOKEN, VALUE = "token", "value"


def vault_location(pii_root: str, name: TableName) -> str:
    """Where the vault of a table is, a Delta table with the values that its tokens stand for."""
    return f"{pii_root}/{VAULT}/{name.layer}/{name.table}"
