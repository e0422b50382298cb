"""The vault of a table: the values of the tokens in its columns, kept in the place of personal data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.contracts.column import Column
from shared.landed_columns import RUN_ID
from shared.personal_data import STRICTEST_CLASS
from shared.vault import TOKEN, VALUE

if TYPE_CHECKING:
    from shared.contracts.model import Table
    from shared.names import TableName

# The batch of the table that brought the token; the first column of every companion is its batch.
BATCH = "_batch"


@dataclass(frozen=True, kw_only=True)
class Vault:
    """The vault of one table. `readers` are the roles that may turn its tokens back."""

    of: TableName
    readers: tuple[str, ...]

    @property
    def name(self) -> str:
        """The vault's name in its database."""
        return f"{self.of.layer}__{self.of.table}"

    @property
    def description(self) -> str:
        """The description of the vault."""
        return f"What the tokens of {self.of} stand for. One row per token, and so per value and version of the key."

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the Delta table."""
        return COLUMNS


COLUMNS = (
    Column(name=BATCH, type="bigint", required=True, description="The batch of the table that brought the token."),
    Column(
        name=TOKEN,
        type="string",
        required=True,
        classification=STRICTEST_CLASS,
        description="What stands in the table: tok:<version of the key>:<64 hexadecimal digits>.",
    ),
    Column(
        name=VALUE,
        type="string",
        required=True,
        classification=STRICTEST_CLASS,
        description="The value in clear that the token stands for.",
    ),
    Column(
        name="tokenized_on",
        type="date",
        required=True,
        description="The business date of the run that brought the token.",
    ),
    Column(name=RUN_ID, type="string", required=True, description="The run that brought the token."),
)


def vault_of(table: Table) -> Vault | None:
    """The vault of a table; None if it has no tokens."""
    return Vault(of=table.name, readers=table.detokenizers) if table.tokenized else None
