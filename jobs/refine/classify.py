"""What becomes of each row of a batch: inserted, updated, deleted, buried, superseded or quarantined."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.refine.deletes import TOMBSTONE, is_delete
from jobs.refine.rules import is_refused
from jobs.runtime.fates import BURY, DELETE, FATE, INSERT, QUARANTINED, SUPERSEDED, UPDATE
from jobs.runtime.versions import living_content
from shared.landed_columns import SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table

NEWEST = "_newest"
# Rows that only the rule for ties put in their place: another row of the key has the same sequence and other content.
TIED = "_tied"
# What the outcome says of their number.
SEQUENCE_TIED = "sequence_tied"


def ranked(rows: DataFrame, table: Table) -> DataFrame:
    """Mark the newest good row of each key with `_newest`; the others of the key are superseded.

    Newest is greatest in `sequenceBy`; among equals a delete, then the greatest in content (`content`), so that neither
    the order of arrival nor a second delivery can change the choice. A table without `sequenceBy` takes the batch that
    arrived last. A row that differs from the one before it, and has the same sequence, is marked `_tied`.

    Grain: one row in, one row out.
    """
    is_bad, sequence = is_refused(), table.sequence_by or (SEQUENCE,)
    newest_first = [*[F.desc(c) for c in sequence], is_delete(table).desc(), *[F.desc(c) for c in table.column_names]]
    # Good rows come first, so that a key is one group and the join with the target finds it as it lies.
    by_key = Window.partitionBy(*table.primary_key).orderBy(is_bad, *newest_first)
    moment, told = F.struct(*sequence), living_content(table, is_delete(table))
    same_moment, same_content = F.lag(moment).over(by_key) == moment, F.lag(told).over(by_key).eqNullSafe(told)
    ranks = {
        NEWEST: (F.row_number().over(by_key) == 1) & ~is_bad,
        TIED: F.coalesce(same_moment & ~same_content & ~is_bad, F.lit(False)),
    }
    return rows.withColumns(ranks)


def classified(
    batch: DataFrame,
    target: DataFrame | None,
    table: Table,
    *,
    tombstones: DataFrame | None = None,
    is_too_old: Column | None = None,
) -> DataFrame:
    """Decide the fate of every row of a ranked batch against the target.

    Grain: one row in, one row out.

    Args:
        batch: The contract's columns, `_failed`, `_newest`, `_tied`; one `_newest` row per key.
        target: The target's rows as far as the batch can touch them; None when there is no target.
        table: The contract.
        tombstones: The newest delete of each key, as far as the batch can meet them; None when there is none.
        is_too_old: Whether a row need not be kept any more, and so is not taken in; None where rows are kept for ever.
    """
    refused = F.when(is_refused(), QUARANTINED).when(~F.col(NEWEST), SUPERSEDED)
    # One that is there already is brought up to date, and goes with the next upkeep.
    arriving = F.lit(INSERT) if is_too_old is None else F.when(is_too_old, SUPERSEDED).otherwise(INSERT)
    if target is None:
        first = F.when(is_delete(table), BURY).otherwise(arriving)
        return batch.withColumn(FATE, F.coalesce(refused, first)).drop(NEWEST)
    old = target.select(*[F.col(n).alias(_old(n)) for n in table.column_names])
    met = batch.join(old, on=_same_key(table), how="left")
    is_buried, ties_with_tombstone = F.lit(False), F.lit(False)
    if tombstones is not None:
        deleted = tombstones.withColumnsRenamed({k: f"_deleted_{k}" for k in table.primary_key})
        met = met.join(deleted, on=_same_key(table, "_deleted_"), how="left")
        is_buried = F.coalesce(F.struct(*table.sequence_by) <= F.col(TOMBSTONE), is_buried)
        ties_with_tombstone = (F.struct(*table.sequence_by) == F.col(TOMBSTONE)) & ~is_delete(table)
    is_new = F.col(_old(table.primary_key[0])).isNull()
    fate = F.coalesce(
        refused,
        F.when(is_buried, SUPERSEDED),
        F.when(is_new & is_delete(table), BURY),
        F.when(is_new, arriving),
        F.when(~_supersedes(table), SUPERSEDED),
        F.when(is_delete(table), DELETE),
        F.lit(UPDATE),
    )
    is_tied = F.col(TIED) | (F.col(NEWEST) & F.coalesce(_ties(table) | ties_with_tombstone, F.lit(False)))
    return met.withColumns({FATE: fate, TIED: is_tied}).select(*[c for c in batch.columns if c != NEWEST], FATE)


def gone(batch: DataFrame, target: DataFrame, table: Table) -> DataFrame:
    """The keys that a whole snapshot no longer has; a refused row still says that its key is there.

    Grain: one row per key of the target that no row of the batch has, with the contract's columns and its fate.
    """
    keys = batch.select(*[F.col(k).alias(_old(k)) for k in table.primary_key]).distinct()
    missing = target.join(keys, on=_same_key(table), how="left_anti")
    return missing.select(*table.column_names, F.lit(DELETE).alias(FATE))


def content(table: Table) -> Column:
    """A row's whole content, to be compared: column by column in the contract's order, a null below all else."""
    return F.struct(*table.column_names)


def _old(name: str) -> str:
    return f"_old_{name}"


def _old_struct(names: Iterable[str]) -> Column:
    """Columns of the target's row, under the names that they have in the batch's."""
    return F.struct(*[F.col(_old(n)).alias(n) for n in names])


def _same_key(table: Table, prefix: str = "_old_") -> Column:
    return reduce(lambda a, b: a & b, [F.col(k) == F.col(f"{prefix}{k}") for k in table.primary_key])


def _supersedes(table: Table) -> Column:
    """Whether the batch's row comes after the target's row of its key, and is another."""
    there = _old_struct(table.column_names)
    if not table.sequence_by:
        return content(table) != there
    new, old = F.struct(*table.sequence_by), _old_struct(table.sequence_by)
    wins = is_delete(table) | (content(table) > there)
    return (new > old) | ((new == old) & wins)


def _ties(table: Table) -> Column:
    """Whether the batch's row differs from the target's row of its key and has the same sequence."""
    if not table.sequence_by:
        return F.lit(False)
    same = F.struct(*table.sequence_by) == _old_struct(table.sequence_by)
    return same & (is_delete(table) | (content(table) != _old_struct(table.column_names)))
