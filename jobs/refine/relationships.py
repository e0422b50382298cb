"""Foreign keys: a row whose parent is not there is refused, not lost and not joined away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.deletes import is_delete
from jobs.refine.rules import FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from shared.contracts import Table


def with_parents_checked(rows: DataFrame, table: Table, parents: Mapping[str, DataFrame]) -> DataFrame:
    """Add `<column>_exists` to the failed rules of rows whose parent is missing.

    Grain: one row in, one row out. A null foreign key points nowhere and is not missing anything; a delete
    needs no parent.

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
        with_rule = F.array_append(FAILED, F.lit(f"{column.name}_exists"))
        rows = matched.withColumn(FAILED, F.when(orphan, with_rule).otherwise(F.col(FAILED))).drop("_parent")
    return rows
