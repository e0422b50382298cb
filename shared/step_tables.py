"""Which tables a step works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.model import Kind
from shared.jobs import Step

if TYPE_CHECKING:
    from shared.contracts import Table

# Which tables a step makes; the other steps make none.
KIND_OF = {Step.INGEST: Kind.INGESTED, Step.REFINE: Kind.REFINED, Step.BUILD: Kind.BUILT}


def works_on(step: Step, table: Table) -> bool:
    """Whether a step makes a table, publishes it or compares it with its source; upkeep works on every table."""
    if step is Step.MAINTAIN:
        return True
    if step is Step.PUBLISH:
        return bool(table.targets)
    if step is Step.RECONCILE:
        return table.kind is Kind.INGESTED
    return table.kind is KIND_OF.get(step)
