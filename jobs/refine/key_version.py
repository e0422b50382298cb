"""Checks that all rows of a table have a primary key treated with the same version of the key for personal values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.runtime.pii_keys import read_pii_keys
from shared.contracts.document import short_name
from shared.contracts.evolution.policy import next_major
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.runtime.flow import Flow
    from shared.contracts import Table

KEY_VERSION = "pii_key"


def version_of_keys(flow: Flow) -> dict[str, Any]:
    """The version of the key for personal values, to be recorded with the batch; nothing for a primary key in clear."""
    return {KEY_VERSION: read_pii_keys(flow.job.env).current} if _has_treated_key(flow.table) else {}


def refuse_two_versions(flow: Flow, inputs: Mapping[str, Any]) -> None:
    """Refuse a batch that leaves rows of earlier batches in the table, if their keys were made with an older version.

    After a rotation an update would be inserted as a second row, and a delete would find no row. A snapshot leaves such
    rows only if it is not whole: then it deletes nothing.

    Args:
        flow: The table's flow.
        inputs: What is to be recorded with the batch.

    Raises:
        ContractError: the key was rotated since the last batch, and the table is not rebuilt.
    """
    table, now = flow.table, inputs.get(KEY_VERSION)
    last = None if flow.is_rebuilt or flow.batch.last is None else flow.batch.last.inputs.get(KEY_VERSION)
    if now and last not in {None, now}:
        raise ContractError(
            f"{short_name(table.file)}:1: the key for personal values was rotated, and the primary key of {table.name}"
            " is made with it",
            given=f"version {now} after {last}",
            expected="all rows of the table under one version of the key",
            mend=f"raise the version of the contract to {next_major(table.version)}: the table is then rebuilt from all"
            " rows of its input",
        )


def _has_treated_key(table: Table) -> bool:
    return any(c.treatment and c.treatment.needs_key for c in table.columns if c.name in table.primary_key)
