"""Which roles may get the rows of a table from the API: those that its contract lets read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import TerminalError
from shared.governance.access import Classification, classification_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts import Table


def askers(table: Table, clearances: Mapping[str, Classification]) -> tuple[str, ...]:
    """The roles that may get the rows of a served table.

    Args:
        table: A table that the API serves. Every reader gets whole rows.
        clearances: What each role of the environment may see.

    Raises:
        TerminalError: a role would get a column that its clearance hides from it.
    """
    for reader in table.readers:
        for column in table.columns:
            wanted = classification_of(column.name, column.classification)
            if not clearances[reader.role].covers(wanted):
                raise TerminalError(
                    f"{table.name}: the API would give the role {reader.role} the column {column.name}",
                    given=f"a clearance of {clearances[reader.role]}",
                    expected=f"a clearance of {wanted}, since the API gives whole rows",
                    mend="take the role or the server off the contract, or raise the clearance in the environment",
                )
    return tuple(sorted(reader.role for reader in table.readers))
