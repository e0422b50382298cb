"""The last reconciliation of every bronze table, from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.looking.runs import all_runs
from shared.contracts import Kind
from shared.jobs import Step

if TYPE_CHECKING:
    from datetime import datetime

    from scripts.looking.lake import Lake
    from shared.contracts import Catalog
    from shared.reconciliation import Comparison

# The reason given for a table that no run has reconciled.
NEVER = "no run has reconciled it"


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """How a run compared a bronze table with its source, and the tables refined from it with it.

    Attributes:
        table: The bronze table.
        comparisons: What was compared.
        reason: Why the source was not queried, why the comparison failed, or what differs within limits.
        run_id: The run; None while none has reconciled the table.
        at: When that run ended.
        is_red: Whether the comparison made the run red.
    """

    table: str
    comparisons: tuple[Comparison, ...] = ()
    reason: str = ""
    run_id: str | None = None
    at: datetime | None = None
    is_red: bool = False


def last_reconciled(lake: Lake, catalog: Catalog) -> list[Reconciled]:
    """The outcome for each bronze table, by name, from the newest run that has one."""
    names = sorted(name for name, table in catalog.tables.items() if table.kind is Kind.INGESTED)
    found: dict[str, Reconciled] = {}
    for run in all_runs(lake):
        for outcome in run.outcomes:
            if outcome.step is Step.RECONCILE and outcome.table not in found:
                failed = outcome.failure.message if outcome.failure else ""
                found[outcome.table] = Reconciled(
                    table=outcome.table,
                    comparisons=outcome.reconciled,
                    reason=failed or outcome.reason,
                    run_id=run.run_id,
                    at=run.finished_at or run.seen_at,
                    is_red=outcome.is_red,
                )
        if found.keys() >= set(names):
            break
    return [found.get(name, Reconciled(table=name, reason=NEVER)) for name in names]
