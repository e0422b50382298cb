"""Merges a classified batch into its target; literal bounds on the key let Delta skip files it cannot touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delta.tables import DeltaTable
from pyspark.sql import functions as F

from jobs.runtime.commit import append_nothing
from jobs.runtime.comparison import same_key
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.fates import DELETE, EFFECTIVE, FATE, INSERT, UPDATE
from jobs.runtime.layout import laid_out
from jobs.runtime.pruning import between_literals, extremes, is_literal
from jobs.runtime.tables import replace_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Table

# The least and greatest first key of some rows; None means no bounds.
Bounds = tuple[Any, Any] | None


def within(column: str, bounds: Bounds, side: str = "") -> Column:
    """The condition that a key lies between a batch's least and greatest; always true without bounds."""
    return F.lit(True) if bounds is None else between_literals(F.col(side + column), *bounds)


def ends(table: Table, condition: Column, prefix: str = "") -> list[Column]:
    """The measures of the least and greatest first key among the rows that meet a condition."""
    [key] = [c for c in table.columns if c.name == table.primary_key[0]]
    least, greatest = extremes(F.when(condition, F.col(key.name)), key.type)
    return [least.alias(f"{prefix}least"), greatest.alias(f"{prefix}greatest")]


def bounds_of(seen: Mapping[str, Any], prefix: str = "") -> Bounds:
    """The bounds that `ends` measured; None if no row met the condition, or they cannot be written as literals."""
    least, greatest = seen[f"{prefix}least"], seen[f"{prefix}greatest"]
    return (least, greatest) if is_literal(least) and is_literal(greatest) else None


def reach_of(flow: Flow, rows: DataFrame) -> Bounds:
    """The least and greatest first key of a batch, to read no more of the table than it can touch.

    None stands for the whole table: a single file cannot be read in part.
    """
    if DeltaLog(flow.session, flow.location).files <= 1:
        return None
    [found] = rows.agg(*ends(flow.table, F.lit(True))).collect()
    return bounds_of(found.asDict())


def target_rows(flow: Flow, bounds: Bounds) -> DataFrame | None:
    """The target's rows that the batch can touch; None while there is no target."""
    if flow.is_rebuilt or not flow.batch.before.exists:
        return None
    return flow.rows_before().where(within(flow.table.primary_key[0], bounds))


def write_batch(flow: Flow, rows: DataFrame, books: dict[str, int], bounds: Bounds) -> None:
    """Write a classified batch in one commit: replace the table, write the effective rows, or append nothing.

    Args:
        flow: The table's flow.
        rows: Classified rows.
        books: The batch's books.
        bounds: Least and greatest value of the first key column among the rows.
    """
    names = flow.table.column_names
    if flow.is_rebuilt:
        new = rows.where(F.col(FATE) == INSERT).select(*names)
        replace_all(laid_out(new, flow.table.cluster_by, books["inserted"]), flow.location)
    elif books["inserted"] + books["updated"] + books["deleted"]:
        write_effective(flow, rows, books, bounds)
    else:
        append_nothing(rows.select(*names), flow.location)


def write_effective(flow: Flow, rows: DataFrame, books: dict[str, int], bounds: Bounds) -> None:
    """Write the effective rows of a batch in one commit: a batch that only inserts is appended, any other merged.

    Args:
        flow: The table's flow, in whose session `rows` was built.
        rows: Classified rows; only insert, update and delete are written.
        books: The batch's books.
        bounds: Least and greatest value of the first key column among the effective rows.
    """
    table = flow.table
    effective = rows.where(F.col(FATE).isin(*EFFECTIVE)).select(*table.column_names, FATE)
    if not books["updated"] and not books["deleted"]:
        new = laid_out(effective.select(*table.column_names), table.cluster_by, books["inserted"])
        new.write.format("delta").mode("append").save(flow.location)
        return
    values: dict[str, str | Column] = {n: F.col(f"s.{n}") for n in table.column_names}
    condition = within(table.primary_key[0], bounds, "t.") & same_key(table.primary_key, "t.", "s.")
    (
        DeltaTable.forPath(flow.session, flow.location)
        .alias("t")
        .merge(effective.alias("s"), condition)
        .whenMatchedDelete(F.col(f"s.{FATE}") == DELETE)
        .whenMatchedUpdate(F.col(f"s.{FATE}") == UPDATE, set=values)
        .whenNotMatchedInsert(F.col(f"s.{FATE}") == INSERT, values=values)
        .execute()
    )
