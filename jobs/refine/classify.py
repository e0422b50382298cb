"""What becomes of each row of a batch: inserted, updated, deleted, superseded or quarantined."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.refine.rules import FAILED
from jobs.runtime.texts import as_json

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table

FATE = "_fate"
INSERT, UPDATE, DELETE, SUPERSEDED, QUARANTINED = "insert", "update", "delete", "superseded", "quarantined"
EFFECTIVE = (INSERT, UPDATE, DELETE)
NEWEST = "_newest"


def ranked(rows: DataFrame, table: Table) -> DataFrame:
    """Mark the newest good row of each key with `_newest`; the others of the key are superseded.

    Newest is greatest in `sequenceBy`; among equals the greatest in content, so that neither the order of arrival nor
    a second delivery can change the choice. A table without `sequenceBy` takes the batch that arrived last.

    Grain: one row in, one row out.
    """
    is_bad = F.size(FAILED) > 0
    order = [F.desc(c) for c in (*table.sequence_by, *([] if table.sequence_by else ["_sequence"]))]
    by_key = Window.partitionBy(*table.primary_key, is_bad).orderBy(*order, content(table).desc())
    return rows.withColumn(NEWEST, (F.row_number().over(by_key) == 1) & ~is_bad)


def classified(batch: DataFrame, target: DataFrame | None, table: Table, *, is_whole: bool = False) -> DataFrame:
    """Decide the fate of every row of a ranked batch against the target.

    Grain: one row in, one row out, plus one `delete` row for each key that a whole snapshot no longer has.

    Args:
        batch: The contract's columns, `_failed`, `_newest`; one `_newest` row per key.
        target: The target's rows as far as the batch can touch them; None when there is no target.
        table: The contract.
        is_whole: The batch holds every key there is, so that the others are gone.
    """
    refused = F.when(F.size(FAILED) > 0, QUARANTINED).when(~F.col(NEWEST), SUPERSEDED)
    if target is None:
        return batch.withColumn(FATE, F.coalesce(refused, F.lit(INSERT)))
    old = target.select(*[F.col(n).alias(_old(n)) for n in table.column_names])
    same_key = _all([F.col(k) == F.col(_old(k)) for k in table.primary_key])
    met = batch.join(old, on=same_key, how="left")
    is_new = F.col(_old(table.primary_key[0])).isNull()
    fate = F.coalesce(
        refused,
        F.when(is_new, INSERT),
        F.when(_supersedes(table), UPDATE),
        F.lit(SUPERSEDED),
    )
    decided = met.withColumn(FATE, fate).select(*batch.columns, FATE)
    return decided.unionByName(_gone(batch, target, table), allowMissingColumns=True) if is_whole else decided


def content(table: Table, rename: bool = False) -> Column:  # noqa: FBT001, FBT002 - one of two column sets
    """A row's whole content as one comparable text."""
    names = [F.col(_old(n)).alias(n) if rename else F.col(n) for n in table.column_names]
    return as_json(*names)


def _old(name: str) -> str:
    return f"_old_{name}"


def _all(conditions: list[Column]) -> Column:
    return reduce(lambda a, b: a & b, conditions)


def _supersedes(table: Table) -> Column:
    """Whether the batch's row comes after the target's row of its key, and is another."""
    another = content(table) != content(table, rename=True)
    if not table.sequence_by:
        return another
    new, old = F.struct(*table.sequence_by), F.struct(*[F.col(_old(n)).alias(n) for n in table.sequence_by])
    return (new > old) | ((new == old) & (content(table) > content(table, rename=True)))


def _gone(batch: DataFrame, target: DataFrame, table: Table) -> DataFrame:
    """The keys a full snapshot no longer has; a refused row still says that its key is there."""
    keys = batch.select(*[F.col(k).alias(_old(k)) for k in table.primary_key]).distinct()
    same_key = _all([F.col(k) == F.col(_old(k)) for k in table.primary_key])
    gone = target.join(keys, on=same_key, how="left_anti")
    return gone.select(*table.column_names, F.lit(DELETE).alias(FATE))
