"""Refreshes a built table: recomputes the groups that changes of its inputs touch, and merges the rows that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.build.query import result
from jobs.build.rules import failed_rows, measures, unique_key
from jobs.runtime.books import balance
from jobs.runtime.commit import append_nothing
from jobs.runtime.comparison import compared
from jobs.runtime.fates import DELETE, EFFECTIVE, FATE, SUPERSEDED, booked, counted
from jobs.runtime.gate import decide
from jobs.runtime.land import land
from jobs.runtime.merge import bounds_of, ends, write_batch
from jobs.runtime.pinned import pin, unpin
from shared.contracts.rules import COUNT_ROWS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.build.groups import Groups
    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.jobs import TableOutcome

# What `compared` decides among.
DECIDED = (*EFFECTIVE, SUPERSEDED)


def refresh(flow: Flow, inputs: dict[str, Any], groups: Groups, rows_outside: int) -> TableOutcome:
    """Replace the rows of the touched groups, in one commit that writes only rows that differ.

    Grain: as the query's. The books count the recomputed rows; one that the table has already is superseded.

    Args:
        flow: The table's flow.
        inputs: The position of every input.
        groups: The groups touched.
        rows_outside: How many rows the table has of other groups.

    Raises:
        GateClosedError: the refreshed table would fail a rule of severity `error`; it stays as it is.
        UnbalancedBooksError: the MERGE did something else than was decided.
    """
    table, reason = flow.table, f"refreshed {groups}"
    new = groups.of(result(flow, inputs["versions"], groups.inputs))
    decided, seen = pin(compared(new, groups.of(flow.rows_before()), table), _measures(table))
    try:
        warnings = _pass_gate(flow, decided, groups, seen, rows_outside)
        books = {"read": seen["read"], **booked(seen, DECIDED)}
        balance(str(table.name), books)
        return land(
            flow,
            lambda: write_batch(flow, decided, books, bounds_of(seen)),
            inputs=inputs,
            books=books,
            warnings=warnings,
            reason=reason,
        )
    finally:
        unpin(decided)


def advance_position(flow: Flow, inputs: dict[str, Any], groups: Groups, before: DataFrame) -> TableOutcome:
    """Move the position on without writing a row: the changes of the inputs touch no group.

    They may be in columns that the query does not read.

    Args:
        flow: The table's flow.
        inputs: The position of every input.
        groups: The groups touched, of which there are none.
        before: The table's rows, which stay.
    """
    return land(
        flow,
        lambda: append_nothing(before, flow.location),
        inputs=inputs,
        books={"read": 0},
        reason=f"refreshed {groups}",
    )


def _measures(table: Table) -> list[Column]:
    """Count the rows of each fate and those that fail each rule, and find the least and greatest first key written."""
    return [*measures(table, F.col(FATE) != DELETE), *counted(DECIDED), *ends(table, F.col(FATE).isin(*EFFECTIVE))]


def _pass_gate(
    flow: Flow, decided: DataFrame, groups: Groups, seen: dict[str, Any], rows_outside: int
) -> dict[str, int | float]:
    """Decide row rules on the recomputed rows, and all others on the table as it would be after the commit."""
    table = flow.table
    new = decided.where(F.col(FATE) != DELETE).select(*table.column_names)
    kept = groups.of(flow.rows_before(), "left_anti")
    warnings = decide(table, failed_rows(table, seen), new)
    decide(table, unique_key(table, flow.catalog.tables), _doubtful(table, new, kept))
    if not table.table_rules:
        return warnings
    # The count is known, so the commonest rule reads no row.
    count = rows_outside + seen["read"]
    after = kept.select(*table.column_names).unionByName(new)
    return warnings | decide(table, table.table_rules, after, known={COUNT_ROWS: count})


def _doubtful(table: Table, new: DataFrame, kept: DataFrame) -> DataFrame:
    """The keys that may occur twice: those of the recomputed rows, and the same ones in other groups."""
    keys = list(table.primary_key)
    of_new = new.select(*keys)
    if set(table.refresh_by) <= set(keys):
        return of_new
    return of_new.unionByName(kept.select(*keys).join(of_new, on=keys, how="left_semi"))
