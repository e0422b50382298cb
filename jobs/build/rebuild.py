"""A built table made anew: the whole result is pinned, gated and swapped in at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobs.build.query import result
from jobs.build.rules import failed_rows, measures, unique_key
from jobs.runtime.books import balance
from jobs.runtime.commit import commit
from jobs.runtime.gate import decide
from jobs.runtime.pinned import pin, unpin
from jobs.runtime.tables import ensure_table, replace_all, spark_schema
from shared.contracts.rules import COUNT_ROWS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.jobs import TableOutcome


# Delta skips whole files, and clusters by itself only in an OPTIMIZE; without ranges every file may hold every group.
ROWS_PER_FILE = 500_000


def rebuild(flow: Flow, inputs: dict[str, Any], why: str) -> TableOutcome:
    """Replace the whole table by what its query gives now, in one commit.

    Grain: whatever the query gives, one row per primary key. A reader sees the old table or the new one.

    Args:
        flow: The table's turn.
        inputs: The inputs as they stand.
        why: Why it is not refreshed.

    Raises:
        GateClosedError: a rule of severity `error` failed; the old table stays.
        ContractError: the query's columns are not the contract's.
    """
    table, reason = flow.table, f"rebuilt: {why}"
    rows, seen = pin(result(flow, inputs["versions"]), measures(table))
    try:
        rules = [*failed_rows(table, seen), *unique_key(table, flow.catalog.tables), *table.table_rules]
        warnings = decide(table, rules, rows, known={COUNT_ROWS: seen["read"]})
        books = {"read": seen["read"], "inserted": seen["read"]}
        balance(str(table.name), books)
        if not flow.is_rebuilt:
            ensure_table(flow.session, flow.location, spark_schema(table), table.cluster_by, has_feed=flow.has_feed)
        whole = laid_out(rows, table, seen["read"])
        landed = commit(
            flow.session,
            replace(flow.batch, reason=reason),
            lambda: (
                replace_all(whole, flow.location, table.cluster_by)
                if flow.is_rebuilt
                else whole.write.format("delta").mode("overwrite").save(flow.location)
            ),
            inputs=inputs,
            books=books,
            fingerprint=table.fingerprint,
            warnings=warnings,
        )
        return flow.succeeded(landed.version, books, warnings, reason)
    finally:
        unpin(rows)


def laid_out(rows: DataFrame, table: Table, count: int) -> DataFrame:
    """Rows of a large table split into files by ranges of `clusterBy`, so that a refresh reads few of them."""
    files = -(-count // ROWS_PER_FILE)
    if files == 1 or not count or not table.cluster_by:
        return rows
    return rows.repartitionByRange(files, *table.cluster_by).sortWithinPartitions(*table.cluster_by)
