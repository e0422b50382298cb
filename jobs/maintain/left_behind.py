"""The tables that a rollback leaves with rows of what it takes out of their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.maintain.rollback import NO_ROWS
from shared.contracts import Disposition, Kind
from shared.jobs import Status
from shared.names import TableName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.contracts import Catalog
    from shared.jobs import TableOutcome


def naming_left_behind(outcomes: Iterable[TableOutcome], catalog: Catalog) -> list[TableOutcome]:
    """Add to the reason of each table that went back which refined tables did not, and so keep what they took from it.

    No later run takes these rows from them, since they read on from where they are. Built tables and snapshots are left
    out: they are made anew from their inputs.

    Args:
        outcomes: The outcomes of a rollback.
        catalog: All contracts, including those of tables that were not selected.
    """
    found = list(outcomes)
    kept_up = {o.table for o in found if not o.is_red and o.reason != NO_ROWS}
    return [_naming(outcome, catalog, kept_up) if outcome.status is Status.SUCCEEDED else outcome for outcome in found]


def _naming(outcome: TableOutcome, catalog: Catalog, kept_up: set[str]) -> TableOutcome:
    left = [
        str(reader.name)
        for reader in catalog.readers_of(TableName.parse(outcome.table))
        if reader.kind is Kind.REFINED
        and reader.disposition is not Disposition.SNAPSHOT
        and str(reader.name) not in kept_up
    ]
    if not left:
        return outcome
    told = f"rows that were taken from it since are still in {', '.join(left)}"
    return outcome.model_copy(update={"reason": f"{outcome.reason}; {told}"})
