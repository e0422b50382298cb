"""A built table refreshed: the groups its inputs' changes touch are recomputed, and what differs is merged."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.build.query import result
from jobs.build.rules import failed_rows, measures, unique_key
from jobs.runtime.books import balance
from jobs.runtime.commit import append_nothing
from jobs.runtime.fates import DELETE, EFFECTIVE, FATE, INSERT, SUPERSEDED, UPDATE, booked, counted
from jobs.runtime.gate import decide
from jobs.runtime.land import land
from jobs.runtime.merge import bounds_of, ends, write_batch
from jobs.runtime.pinned import pin, unpin
from jobs.runtime.tables import read_version
from shared.contracts.rules import COUNT_ROWS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.build.groups import Groups
    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.jobs import TableOutcome

# What `compared` decides among.
DECIDED = (*EFFECTIVE, SUPERSEDED)


def refresh(flow: Flow, inputs: dict[str, Any], groups: Groups, others: int) -> TableOutcome:
    """Replace the rows of the touched groups, in one commit that writes only rows that differ.

    Grain: as the query's. The books count the recomputed rows; one that is there already is superseded.

    Args:
        flow: The table's flow.
        inputs: The inputs as they stand.
        groups: The groups touched.
        others: How many rows the table has of other groups.

    Raises:
        GateClosedError: the table as it would be fails a rule of severity `error`; it stays as it is.
        UnbalancedBooksError: the MERGE did something else than was decided.
    """
    table, reason = flow.table, f"refreshed {groups}"
    new = groups.of(result(flow, inputs["versions"], groups.inputs))
    decided, seen = pin(compared(new, groups.of(_before(flow)), table), _measures(table))
    try:
        warnings = _pass_gate(flow, decided, groups, seen, others)
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


def leave(flow: Flow, inputs: dict[str, Any], groups: Groups, before: DataFrame) -> TableOutcome:
    """Move the position on and no more: the inputs' changes touch no group, as in columns that the query does not read.

    Grain: no row is written; the position moves on.

    Args:
        flow: The table's flow.
        inputs: The inputs as they stand.
        groups: The groups touched, of which there are none.
        before: The table as it is and stays.
    """
    return land(
        flow,
        lambda: append_nothing(before, flow.location),
        inputs=inputs,
        books={"read": 0},
        reason=f"refreshed {groups}",
    )


def _measures(table: Table) -> list[Column]:
    """What becomes of the rows, which rules they fail, and the least and greatest first key among those written."""
    return [*measures(table, F.col(FATE) != DELETE), *counted(DECIDED), *ends(table, F.col(FATE).isin(*EFFECTIVE))]


def compared(new: DataFrame, old: DataFrame, table: Table) -> DataFrame:
    """Compare the recomputed rows of some groups with those the table has of them.

    Grain: one row per key on either side, with its fate; a row that stays as it is is superseded.
    """
    names = table.column_names
    same_key = reduce(and_, [F.col(f"n.{k}") == F.col(f"o.{k}") for k in table.primary_key])
    same = reduce(and_, [F.col(f"n.{c}").eqNullSafe(F.col(f"o.{c}")) for c in names])
    left, right = new.withColumn("_there", F.lit(1)).alias("n"), old.withColumn("_there", F.lit(1)).alias("o")
    is_new, is_old = F.col("n._there").isNotNull(), F.col("o._there").isNotNull()
    fate = F.when(~is_old, INSERT).when(~is_new, DELETE).when(same, SUPERSEDED).otherwise(UPDATE)
    values = [F.when(is_new, F.col(f"n.{c}")).otherwise(F.col(f"o.{c}")).alias(c) for c in names]
    return left.join(right, on=same_key, how="full_outer").select(*values, fate.alias(FATE))


def _before(flow: Flow) -> DataFrame:
    return read_version(flow.session, flow.location, flow.batch.before.version)


def _pass_gate(
    flow: Flow, decided: DataFrame, groups: Groups, seen: dict[str, Any], others: int
) -> dict[str, int | float]:
    """Decide row rules on the recomputed rows, and all others on the table as it would be."""
    table = flow.table
    new = decided.where(F.col(FATE) != DELETE).select(*table.column_names)
    kept = groups.of(_before(flow), "left_anti")
    warnings = decide(table, failed_rows(table, seen), new)
    decide(table, unique_key(table, flow.catalog.tables), _doubtful(table, new, kept))
    if not table.table_rules:
        return warnings
    # The count is known, so the commonest rule reads no row.
    count = others + seen["read"]
    after = kept.select(*table.column_names).unionByName(new)
    return warnings | decide(table, table.table_rules, after, known={COUNT_ROWS: count})


def _doubtful(table: Table, new: DataFrame, kept: DataFrame) -> DataFrame:
    """The keys among which one may occur twice: those of the recomputed rows, and the same ones in other groups."""
    keys = list(table.primary_key)
    of_new = new.select(*keys)
    if set(table.refresh_by) <= set(keys):
        return of_new
    return of_new.unionByName(kept.select(*keys).join(of_new, on=keys, how="left_semi"))
