"""Decides the fate of each row of a batch: inserted, updated, deleted, buried, superseded or quarantined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.refine.deletes import TOMBSTONE, is_delete
from jobs.refine.rules import is_refused
from jobs.runtime.comparison import same_key
from jobs.runtime.fates import BURY, DELETE, FATE, INSERT, QUARANTINED, SUPERSEDED, UPDATE
from jobs.runtime.versions import living_content
from shared.landed_columns import SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table

NEWEST = "_newest"
# Marks a row that only the tie-break ordered: another row of its key has the same sequence but other content.
TIED = "_tied"
# The warning under which an outcome has their number.
SEQUENCE_TIED = "sequence_tied"
# Prefixes of the columns that are joined to a batch's row: the target's row of its key, and the key of its tombstone.
OLD, DELETED = "_old_", "_deleted_"


def ranked(rows: DataFrame, table: Table) -> DataFrame:
    """Mark the newest good row of each key with `_newest`; the other good rows of the key will be superseded.

    Newest is greatest in `sequenceBy`; among equals a delete, then the greatest in content (`content`), so that neither
    the order of arrival nor a second delivery can change the choice. A table without `sequenceBy` takes the row of the
    batch that arrived last. A good row is marked `_tied` if the row ordered before it has the same sequence but other
    content.

    Grain: one row in, one row out.
    """
    is_bad, sequence = is_refused(), table.sequence_by or (SEQUENCE,)
    newest_first = [*[F.desc(c) for c in sequence], is_delete(table).desc(), *[F.desc(c) for c in table.column_names]]
    # Partitioned by the key alone, with good rows first, so that the join with the target needs no other shuffle.
    by_key = Window.partitionBy(*table.primary_key).orderBy(is_bad, *newest_first)
    moment, values = F.struct(*sequence), living_content(table, is_delete(table))
    same_moment, same_content = F.lag(moment).over(by_key) == moment, F.lag(values).over(by_key).eqNullSafe(values)
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
        target: The rows of the target that the batch can touch; None when there is no target.
        table: The contract.
        tombstones: The newest tombstone of each key that the batch can touch; None when there are none.
        is_too_old: Whether a row is past its retention, and so is not inserted; None where rows are kept for ever.
    """
    refused = F.when(is_refused(), QUARANTINED).when(~F.col(NEWEST), SUPERSEDED)
    # A row that is in the table already is still updated, however old it is; the next upkeep deletes it.
    arriving = F.lit(INSERT) if is_too_old is None else F.when(is_too_old, SUPERSEDED).otherwise(INSERT)
    if target is None:
        first = F.when(is_delete(table), BURY).otherwise(arriving)
        return batch.withColumn(FATE, F.coalesce(refused, first)).drop(NEWEST)
    old = target.select(*[F.col(n).alias(_old(n)) for n in table.column_names])
    met = batch.join(old, on=same_key(table.primary_key, "", OLD), how="left")
    is_buried, ties_with_tombstone = F.lit(False), F.lit(False)
    if tombstones is not None:
        deleted = tombstones.withColumnsRenamed({k: f"{DELETED}{k}" for k in table.primary_key})
        met = met.join(deleted, on=same_key(table.primary_key, "", DELETED), how="left")
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
    """The rows of the target whose keys a whole snapshot no longer has; a refused row still shows that its key exists.

    Grain: one row per key of the target that no row of the batch has, with the contract's columns and its fate.
    """
    keys = batch.select(*[F.col(k).alias(_old(k)) for k in table.primary_key]).distinct()
    missing = target.join(keys, on=same_key(table.primary_key, "", OLD), how="left_anti")
    return missing.select(*table.column_names, F.lit(DELETE).alias(FATE))


def content(table: Table) -> Column:
    """A row's whole content for comparisons: column by column in the contract's order, nulls least."""
    return F.struct(*table.column_names)


def _old(name: str) -> str:
    return f"{OLD}{name}"


def _old_struct(names: Iterable[str]) -> Column:
    """Columns of the target's row as a struct, under the names that they have in the batch."""
    return F.struct(*[F.col(_old(n)).alias(n) for n in names])


def _supersedes(table: Table) -> Column:
    """Whether the batch's row is newer than the target's row of its key, and differs from it."""
    stored = _old_struct(table.column_names)
    if not table.sequence_by:
        return content(table) != stored
    new, old = F.struct(*table.sequence_by), _old_struct(table.sequence_by)
    wins = is_delete(table) | (content(table) > stored)
    return (new > old) | ((new == old) & wins)


def _ties(table: Table) -> Column:
    """Whether the batch's row has the same sequence as the target's row of its key but other content."""
    if not table.sequence_by:
        return F.lit(False)
    same = F.struct(*table.sequence_by) == _old_struct(table.sequence_by)
    return same & (is_delete(table) | (content(table) != _old_struct(table.column_names)))
