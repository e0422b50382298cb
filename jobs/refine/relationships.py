"""Foreign keys: a row whose parent is not there is refused, not lost and not joined away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.deletes import is_delete
from jobs.refine.rules import FAILED, exists_rule, is_refused
from jobs.runtime.position import TablePosition
from jobs.runtime.tables import read_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Table


def parent_positions(flow: Flow) -> dict[str, TablePosition]:
    """Where the parent tables stand, by name; a table that is its own parent stands where its last batch left it.

    Raises:
        PositionLostError: a parent has not been written yet.
    """
    names = dict.fromkeys(c.parent.table for c in flow.table.foreign_keys if c.parent)
    own = TablePosition(version=-1, flows={}) if flow.is_rebuilt else flow.batch.before
    found = {str(n): own if n == flow.table.name else flow.position_of(flow.catalog.table(str(n))) for n in names}
    return {name: position for name, position in found.items() if name in position.flows}


def parent_keys(
    flow: Flow, positions: Mapping[str, TablePosition], batch: DataFrame | None = None
) -> dict[str, DataFrame]:
    """The keys that foreign keys may have, by column.

    Args:
        flow: The table's turn.
        positions: Where the parent tables stand.
        batch: The rows whose good ones count, too, in a table that is its own parent.
    """
    found = {}
    for column in flow.table.foreign_keys:
        if column.parent is None:
            continue
        key, name = column.parent.column, str(column.parent.table)
        keys = None
        if name in positions:
            location = flow.location_of(flow.catalog.table(name))
            keys = read_version(flow.session, location, positions[name].version).select(key)
        if column.parent.table == flow.table.name and batch is not None:
            own = batch.where(~is_refused() & ~is_delete(flow.table)).select(key)
            keys = (keys.unionByName(own) if keys else own).distinct()
        if keys is not None:
            found[column.name] = keys
    return found


def with_parents_checked(rows: DataFrame, table: Table, parents: Mapping[str, DataFrame]) -> DataFrame:
    """Add `<column>_exists` to the failed rules of rows whose parent is missing.

    Grain: one row in, one row out. A null foreign key points nowhere and is not missing anything.

    Args:
        rows: Typed rows with `_failed`.
        table: The contract.
        parents: The parent tables by foreign-key column, keys unique.
    """
    for column in table.foreign_keys:
        if column.parent is None:
            continue
        keys = parents[column.name].select(F.col(column.parent.column).alias("_parent"))
        matched = rows.join(keys, on=F.col(column.name) == F.col("_parent"), how="left")
        orphan = F.col(column.name).isNotNull() & F.col("_parent").isNull() & ~is_delete(table)
        with_rule = F.array_append(FAILED, F.lit(exists_rule(column.name)))
        rows = matched.withColumn(FAILED, F.when(orphan, with_rule).otherwise(F.col(FAILED))).drop("_parent")
    return rows
