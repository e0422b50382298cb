"""What a plan costs: the rows and bytes to read and to write, according to the Delta logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.looking.tables import status
from shared.contracts import Kind
from shared.contracts.evolution.policy import Remedy

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from scripts.planning.plan import TablePlan
    from shared.contracts import Catalog


@dataclass(frozen=True)
class Cost:
    """Rows and bytes; None if they are not known, such as for a log without statistics."""

    rows: int | None = 0
    bytes: int | None = 0


def cost_of(plan: TablePlan, lake: Lake | None, catalog: Catalog) -> tuple[Cost, Cost]:
    """What the next run reads, and what it writes, because of a change; not known without a lake.

    A rewrite reads and writes the table. A rebuild reads all of its inputs, and is taken to write as much as the table
    has now.
    """
    table = catalog.tables.get(plan.table)
    if table is None or plan.is_refused or plan.remedy not in (Remedy.REWRITE, Remedy.REBUILD):
        return Cost(), Cost()
    if lake is None:
        return Cost(None, None), Cost(None, None)
    own = _size_of(lake, catalog, [plan.table])
    if plan.remedy is Remedy.REWRITE and table.kind is not Kind.BUILT:
        return own, own
    return _size_of(lake, catalog, [str(name) for name in table.inputs]), own


def _size_of(lake: Lake, catalog: Catalog, names: list[str]) -> Cost:
    statuses = [status(lake, catalog.table(name)) for name in names]
    existing = [found for found in statuses if found.version is not None]
    return Cost(_sum([found.rows for found in existing]), _sum([found.bytes for found in existing]))


def _sum(counts: list[int | None]) -> int | None:
    return None if None in counts else sum(c for c in counts if c is not None)
