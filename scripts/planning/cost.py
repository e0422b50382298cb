"""What a plan costs: rows and bytes to read and to write, as the Delta logs have them."""

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
    """Rows and bytes; None where a log has no statistics of its files."""

    rows: int | None = 0
    bytes: int | None = 0


def cost_of(plan: TablePlan, lake: Lake | None, catalog: Catalog) -> tuple[Cost, Cost]:
    """What the next run reads, and what it writes anew, because of a change; not known without a lake.

    A rewrite reads and writes the table. A rebuild reads all of its inputs and writes as much as the table holds now.
    """
    table = catalog.tables.get(plan.table)
    if table is None or plan.is_refused or plan.remedy not in (Remedy.REWRITE, Remedy.REBUILD):
        return Cost(), Cost()
    if lake is None:
        return Cost(None, None), Cost(None, None)
    own = _held(lake, catalog, [plan.table])
    if plan.remedy is Remedy.REWRITE and table.kind is not Kind.BUILT:
        return own, own
    return _held(lake, catalog, [str(name) for name in table.inputs]), own


def _held(lake: Lake, catalog: Catalog, names: list[str]) -> Cost:
    found = [status(lake, catalog.table(name)) for name in names]
    rows, sizes = [s.rows for s in found], [s.bytes for s in found]
    known = [s.version is not None for s in found]
    return Cost(
        _sum([r for r, there in zip(rows, known, strict=True) if there]),
        _sum([b for b, there in zip(sizes, known, strict=True) if there]),
    )


def _sum(counts: list[int | None]) -> int | None:
    return None if None in counts else sum(c for c in counts if c is not None)
