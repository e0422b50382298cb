"""Decides the table rules of a silver table on the table as it would be with the batch applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.fates import DELETE, EFFECTIVE, FATE
from jobs.runtime.gate import decide
from shared.contracts.rules import COUNT_ROWS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow


def pass_gate(flow: Flow, rows: DataFrame, books: dict[str, int]) -> dict[str, int | float]:
    """Decide the table rules before the commit.

    Args:
        flow: The table's flow.
        rows: The classified batch.
        books: The batch's books.

    Returns:
        The values measured by failed rules of severity `warning`.

    Raises:
        GateClosedError: a rule of severity `error` failed; nothing may be committed.
    """
    if not flow.table.table_rules:
        return {}
    before = _before(flow)
    # Delta knows the count from its log, so the commonest rule reads no row.
    count = (before.count() if before is not None else 0) + books["inserted"] - books["deleted"]
    return decide(flow.table, flow.table.table_rules, _after(flow, rows, before), known={COUNT_ROWS: count})


def _before(flow: Flow) -> DataFrame | None:
    return flow.rows_before() if flow.batch.before.exists and not flow.is_rebuilt else None


def _after(flow: Flow, rows: DataFrame, before: DataFrame | None) -> DataFrame:
    names = flow.table.column_names
    effective = rows.where(F.col(FATE).isin(*EFFECTIVE))
    arriving = effective.where(F.col(FATE) != DELETE).select(*names)
    if before is None:
        return arriving
    keys = list(flow.table.primary_key)
    return before.join(effective.select(*keys), on=keys, how="left_anti").select(*names).unionByName(arriving)
