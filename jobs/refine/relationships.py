"""Foreign keys: a row whose parent is missing is refused; it is neither lost nor dropped by a join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.deletes import is_delete
from jobs.refine.rules import FAILED, exists_rule, is_refused
from jobs.runtime.pinned import pin, unpin
from jobs.runtime.position import NOWHERE, TablePosition
from jobs.runtime.tables import read_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Column, Parent, Table

PARENT = "_parent"


def parent_positions(flow: Flow) -> dict[str, TablePosition]:
    """The positions of the parent tables, by name; a self-referencing table's is that before this batch.

    A parent without a batch of its own is left out: the table itself before its first batch, or when it is rebuilt.

    Raises:
        PositionLostError: a parent has not been written yet.
    """
    names = dict.fromkeys(c.parent.table for c in flow.table.foreign_keys if c.parent)
    own = TablePosition(version=NOWHERE, flows={}) if flow.is_rebuilt else flow.batch.before
    found = {str(n): own if n == flow.table.name else flow.position_of(flow.catalog.table(str(n))) for n in names}
    return {name: position for name, position in found.items() if name in position.flows}


def parent_keys(flow: Flow, positions: Mapping[str, TablePosition]) -> dict[str, DataFrame]:
    """The keys of the parent tables, by foreign-key column; columns whose parent has no position are left out.

    Args:
        flow: The table's flow.
        positions: The positions of the parent tables.
    """
    return {
        column.name: read_version(
            flow.session, flow.location_of(flow.catalog.table(name)), positions[name].version
        ).select(column.parent.column)
        for column in flow.table.foreign_keys
        if column.parent and (name := str(column.parent.table)) in positions
    }


def with_all_parents_checked(rows: DataFrame, table: Table, parents: Mapping[str, DataFrame]) -> DataFrame:
    """Do as `with_parents_checked`; in a self-referencing table the batch's good rows count as parents, too.

    Grain: one row in, one row out.
    """
    own = [c for c in table.foreign_keys if c.parent and c.parent.table == table.name]
    names = {c.name for c in own}
    checked = with_parents_checked(rows, table, {c: keys for c, keys in parents.items() if c not in names})
    return with_parents_checked(checked, table, _own_parents(checked, table, own, parents)) if own else checked


def _own_parents(
    rows: DataFrame, table: Table, columns: Sequence[Column], parents: Mapping[str, DataFrame]
) -> dict[str, DataFrame]:
    """The valid parent keys of a self-referencing table: those it has, and those of good rows of the batch.

    A row whose parent is refused is refused too, and so on down the tree; each level costs one Spark job.
    """
    wanted = dict.fromkeys(name for c in columns if c.parent for name in (c.parent.column, c.name))
    many = [F.count(F.lit(1)).alias("rows")]
    good, seen = pin(rows.where(~is_refused() & ~is_delete(table)).select(*wanted), many)
    while True:
        keys = {c.name: _keys(good, c, c.parent, parents) for c in columns if c.parent}
        remaining = good
        for c in columns:
            remaining = _with_parent(remaining, c, keys[c.name]).where(~_is_orphan(c)).select(*wanted)
        kept, after = pin(remaining, many)
        if after == seen:
            unpin(kept)
            return keys
        unpin(good)
        good, seen = kept, after


def _keys(good: DataFrame, column: Column, parent: Parent, parents: Mapping[str, DataFrame]) -> DataFrame:
    own = good.select(parent.column)
    return (parents[column.name].unionByName(own) if column.name in parents else own).distinct()


def with_parents_checked(rows: DataFrame, table: Table, parents: Mapping[str, DataFrame]) -> DataFrame:
    """Add `<column>_exists` to the failed rules of rows whose parent is missing.

    Grain: one row in, one row out. A null foreign key has no parent, and none is missing.

    Args:
        rows: Typed rows with `_failed`.
        table: The contract.
        parents: The parents' keys, each once, by foreign-key column; other foreign keys are not checked.
    """
    for column in table.foreign_keys:
        if column.parent is None or column.name not in parents:
            continue
        orphan = _is_orphan(column) & ~is_delete(table)
        with_rule = F.array_append(FAILED, F.lit(exists_rule(column.name)))
        failed = F.when(orphan, with_rule).otherwise(F.col(FAILED))
        rows = _with_parent(rows, column, parents[column.name]).withColumn(FAILED, failed).drop(PARENT)
    return rows


def _with_parent(rows: DataFrame, column: Column, keys: DataFrame) -> DataFrame:
    """Rows with `_parent`, the key of the parent that a column refers to; null if there is none."""
    return rows.join(keys.toDF(PARENT), on=F.col(column.name) == F.col(PARENT), how="left")


def _is_orphan(column: Column) -> SparkColumn:
    return F.col(column.name).isNotNull() & F.col(PARENT).isNull()
