"""Which version of the key a table's own key is treated with: rows of one version do not meet those of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.runtime.pii_keys import read_pii_keys
from shared.contracts import Disposition
from shared.contracts.document import short_name
from shared.errors import ContractError

if TYPE_CHECKING:
    from jobs.runtime.flow import Flow
    from shared.contracts import Table

KEY_VERSION = "pii_key"


def version_of_keys(flow: Flow) -> dict[str, Any]:
    """What to note of the key that the primary key is treated with; nothing of a table whose key is in clear.

    After a rotation an update would be inserted as a second row, and a delete would find no row. A snapshot brings all
    rows anew, and those of the older version go.

    Raises:
        ContractError: the key was rotated since the last batch, and the table is not made anew.
    """
    table = flow.table
    if table.disposition is Disposition.SNAPSHOT or not _has_treated_key(table):
        return {}
    now = read_pii_keys(flow.job.env).current
    last = None if flow.is_rebuilt or flow.batch.last is None else flow.batch.last.inputs.get(KEY_VERSION)
    if last not in {None, now}:
        first = int(table.version.partition(".")[0] or 1)
        raise ContractError(
            f"{short_name(table.file)}:1: the key for personal values was rotated, and the primary key of {table.name}"
            " is made with it",
            given=f"version {now} after {last}",
            expected="all rows of the table under one version of the key",
            mend=f"raise the version of the contract to {first + 1}.0.0: the table is then made anew from all rows of"
            " its input",
        )
    return {KEY_VERSION: now}


def _has_treated_key(table: Table) -> bool:
    return any(c.treatment and c.treatment.needs_key for c in table.columns if c.name in table.primary_key)
