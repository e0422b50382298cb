"""Rebuilds a built table: pins the whole result of its query, passes the gate and replaces all rows in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.build.query import result
from jobs.build.rules import failed_rows, measures, unique_key
from jobs.runtime.books import balance
from jobs.runtime.gate import decide
from jobs.runtime.land import land
from jobs.runtime.layout import laid_out
from jobs.runtime.pinned import pin, unpin
from jobs.runtime.tables import replace_all
from shared.contracts.rules import COUNT_ROWS

if TYPE_CHECKING:
    from jobs.runtime.flow import Flow
    from shared.jobs import TableOutcome


def rebuild(flow: Flow, inputs: dict[str, Any], why: str) -> TableOutcome:
    """Replace the whole table by the current result of its query, in one commit.

    Grain: one row per primary key, as the query gives them. A reader sees the old table or the new one.

    Args:
        flow: The table's flow.
        inputs: The position of every input.
        why: Why it is not refreshed.

    Raises:
        GateClosedError: a rule of severity `error` failed; the old table stays.
        ContractError: the query's columns are not the contract's.
    """
    table = flow.table
    rows, seen = pin(result(flow, inputs["versions"]), measures(table))
    try:
        rules = [*failed_rows(table, seen), *unique_key(table, flow.catalog.tables), *table.table_rules]
        warnings = decide(table, rules, rows, known={COUNT_ROWS: seen["read"]})
        books = {"read": seen["read"], "inserted": seen["read"]}
        balance(str(table.name), books)
        whole = laid_out(rows, table.cluster_by, seen["read"])
        return land(
            flow,
            lambda: (
                replace_all(whole, flow.location)
                if flow.is_rebuilt
                else whole.write.format("delta").mode("overwrite").save(flow.location)
            ),
            inputs=inputs,
            books=books,
            warnings=warnings,
            reason=f"rebuilt: {why}",
        )
    finally:
        unpin(rows)
