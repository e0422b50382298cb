"""Compares new rows of a table with those that it has, key by key."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.fates import DELETE, FATE, INSERT, SUPERSEDED, UPDATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table


def same_key(key: Iterable[str], left: str, right: str) -> Column:
    """The condition that two rows have the same key, where their columns have the prefixes `left` and `right`."""
    return reduce(and_, [F.col(f"{left}{name}") == F.col(f"{right}{name}") for name in key])


def compared(new: DataFrame, old: DataFrame, table: Table) -> DataFrame:
    """Decide the fate of each row, where `new` rows are to take the place of `old` ones.

    Grain: one row per key on either side, with the contract's columns and its fate; a row that stays as it is is
    superseded, one that only `old` has is deleted, and keeps its values.
    """
    names = table.column_names
    same = reduce(and_, [F.col(f"n.{c}").eqNullSafe(F.col(f"o.{c}")) for c in names])
    left, right = new.withColumn("_there", F.lit(1)).alias("n"), old.withColumn("_there", F.lit(1)).alias("o")
    is_new, is_old = F.col("n._there").isNotNull(), F.col("o._there").isNotNull()
    fate = F.when(~is_old, INSERT).when(~is_new, DELETE).when(same, SUPERSEDED).otherwise(UPDATE)
    values = [F.when(is_new, F.col(f"n.{c}")).otherwise(F.col(f"o.{c}")).alias(c) for c in names]
    joined = left.join(right, on=same_key(table.primary_key, "n.", "o."), how="full_outer")
    return joined.select(*values, fate.alias(FATE))
