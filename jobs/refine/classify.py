"""What becomes of each row of a batch: inserted, updated, deleted, buried, superseded or quarantined."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.refine.deletes import TOMBSTONE, is_delete
from jobs.refine.rules import FAILED
from jobs.runtime.texts import as_json

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table

FATE = "_fate"
INSERT, UPDATE, DELETE, SUPERSEDED, QUARANTINED = "insert", "update", "delete", "superseded", "quarantined"
# A delete of a row that is not there, or not yet.
BURY = "bury"
EFFECTIVE = (INSERT, UPDATE, DELETE)
NEWEST = "_newest"
# Rows that only the rule for ties put in their place: another row of the key has the same sequence and other content.
TIED = "_tied"
_RIVAL, _CONTENT = "_rival", "_content"
# What the outcome says of their number.
SEQUENCE_TIED = "sequence_tied"


def ranked(rows: DataFrame, table: Table) -> DataFrame:
    """Mark the newest good row of each key with `_newest`; the others of the key are superseded.

    Newest is greatest in `sequenceBy`; among equals a delete, then the greatest in content, so that neither the order
    of arrival nor a second delivery can change the choice. A table without `sequenceBy` takes the batch that arrived
    last. A row that differs from the one before it, and has the same sequence, is marked `_tied`.

    Grain: one row in, one row out.
    """
    is_bad = F.size(FAILED) > 0
    sequence = table.sequence_by or ("_sequence",)
    of_key = Window.partitionBy(*table.primary_key, is_bad)
    # Most keys have one row in a batch, and a row without rivals need not be put into words.
    is_rival = F.count(F.lit(1)).over(of_key) > 1
    rows = rows.withColumn(_RIVAL, is_rival).withColumn(_CONTENT, F.when(F.col(_RIVAL), _living_content(table)))
    by_key = of_key.orderBy(*[F.desc(c) for c in sequence], is_delete(table).desc(), F.desc(_CONTENT))
    is_like_the_last = [F.lag(part).over(by_key) == part for part in (F.struct(*sequence), F.struct(_CONTENT))]
    is_tied = is_like_the_last[0] & ~is_like_the_last[1] & ~is_bad
    ranks = {NEWEST: (F.row_number().over(by_key) == 1) & ~is_bad, TIED: F.coalesce(is_tied, F.lit(False))}  # noqa: FBT003
    return rows.withColumns(ranks).drop(_RIVAL, _CONTENT)


def classified(
    batch: DataFrame,
    target: DataFrame | None,
    table: Table,
    *,
    tombstones: DataFrame | None = None,
    is_whole: bool = False,
) -> DataFrame:
    """Decide the fate of every row of a ranked batch against the target.

    Grain: one row in, one row out, plus one `delete` row for each key that a whole snapshot no longer has.

    Args:
        batch: The contract's columns, `_failed`, `_newest`, `_tied`; one `_newest` row per key.
        target: The target's rows as far as the batch can touch them; None when there is no target.
        table: The contract.
        tombstones: The newest delete of each key, as far as the batch can meet them; None when there is none.
        is_whole: The batch holds every key there is, so that the others are gone.
    """
    refused = F.when(F.size(FAILED) > 0, QUARANTINED).when(~F.col(NEWEST), SUPERSEDED)
    if target is None:
        first = F.when(is_delete(table), BURY).otherwise(INSERT)
        return batch.withColumn(FATE, F.coalesce(refused, first))
    old = target.select(*[F.col(n).alias(_old(n)) for n in table.column_names])
    met = batch.join(old, on=_same_key(table), how="left")
    is_buried, ties_with_tombstone = F.lit(False), F.lit(False)  # noqa: FBT003 - literal columns
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
        F.when(is_new, INSERT),
        F.when(~_supersedes(table), SUPERSEDED),
        F.when(is_delete(table), DELETE),
        F.lit(UPDATE),
    )
    is_tied = F.col(TIED) | (F.col(NEWEST) & F.coalesce(_ties(table) | ties_with_tombstone, F.lit(False)))  # noqa: FBT003
    decided = met.withColumns({FATE: fate, TIED: is_tied}).select(*batch.columns, FATE)
    return decided.unionByName(_gone(batch, target, table), allowMissingColumns=True) if is_whole else decided


def content(table: Table, rename: bool = False) -> Column:  # noqa: FBT001, FBT002 - one of two column sets
    """A row's whole content as one comparable text."""
    names = [F.col(_old(n)).alias(n) if rename else F.col(n) for n in table.column_names]
    return as_json(*names)


def _old(name: str) -> str:
    return f"_old_{name}"


def _same_key(table: Table, prefix: str = "_old_") -> Column:
    return reduce(lambda a, b: a & b, [F.col(k) == F.col(f"{prefix}{k}") for k in table.primary_key])


def _living_content(table: Table) -> Column:
    """The content of a row that is no delete; two deletes of one moment say the same, whatever they hold beside."""
    return F.when(~is_delete(table), content(table))


def _supersedes(table: Table) -> Column:
    """Whether the batch's row comes after the target's row of its key, and is another."""
    another = content(table) != content(table, rename=True)
    if not table.sequence_by:
        return another
    new, old = F.struct(*table.sequence_by), F.struct(*[F.col(_old(n)).alias(n) for n in table.sequence_by])
    wins = is_delete(table) | (content(table) > content(table, rename=True))
    return (new > old) | ((new == old) & wins)


def _ties(table: Table) -> Column:
    """Whether the batch's row differs from the target's row of its key and has the same sequence."""
    if not table.sequence_by:
        return F.lit(False)  # noqa: FBT003 - a literal column
    same = F.struct(*table.sequence_by) == F.struct(*[F.col(_old(n)).alias(n) for n in table.sequence_by])
    return same & (is_delete(table) | (content(table) != content(table, rename=True)))


def _gone(batch: DataFrame, target: DataFrame, table: Table) -> DataFrame:
    """The keys a full snapshot no longer has; a refused row still says that its key is there."""
    keys = batch.select(*[F.col(k).alias(_old(k)) for k in table.primary_key]).distinct()
    gone = target.join(keys, on=_same_key(table), how="left_anti")
    return gone.select(*table.column_names, F.lit(DELETE).alias(FATE))
