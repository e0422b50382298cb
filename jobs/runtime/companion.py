"""A table beside a table, which commits before it: what a batch must not lose, whatever happens in between.

When a run dies between the two commits, the next run decides the batch anew and replaces what the dead one left under
the same batch number, so nothing stands there twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.commit import commit
from jobs.runtime.position import read_position
from jobs.runtime.tables import ensure_table, read_version

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql import types as T

    from jobs.runtime.commit import Batch


@dataclass(frozen=True, kw_only=True)
class Companion:
    """The table at `location`; its first column is the batch that wrote a row. `what` it holds names its flow."""

    what: str
    location: str
    schema: T.StructType
    cluster_by: tuple[str, ...] = ()

    @property
    def batch_column(self) -> str:
        """The column with the number of the batch."""
        return self.schema.fieldNames()[0]


def commit_before(
    session: SparkSession,
    batch: Batch,
    companion: Companion,
    rows: DataFrame | None,
    *,
    fingerprint: str,
    outdated: str | None = None,
) -> None:
    """Commit a companion's rows of a batch that is about to be committed.

    Args:
        session: The batch's session.
        batch: The batch of the target.
        companion: Where the rows belong.
        rows: The companion's columns; None when the batch has none, which commits nothing unless a dead run left some.
        fingerprint: Which contract decided it.
        outdated: A predicate of rows that are taken out on this occasion.

    Raises:
        LostRaceError: another writer committed this batch's rows first.
    """
    before = read_position(session, companion.location)
    own = replace(batch, location=companion.location, before=before, flow=f"{companion.what} of {batch.flow}")
    orphaned = own.last is not None and own.last.inputs["batch"] >= batch.sequence
    if rows is None and not orphaned:
        return
    if before.version < 0:
        ensure_table(session, companion.location, companion.schema, companion.cluster_by)
    kept = rows if rows is not None else session.createDataFrame([], companion.schema)
    replaced = [f"{companion.batch_column} >= {batch.sequence}", *([f"({outdated})"] if outdated else [])]
    writer = kept.write.format("delta").mode("append")
    if orphaned or outdated:
        writer = kept.write.format("delta").mode("overwrite").option("replaceWhere", " OR ".join(replaced))
    inputs = {"batch": batch.sequence}
    commit(session, own, lambda: writer.save(companion.location), inputs=inputs, books={}, fingerprint=fingerprint)


def rows_before(session: SparkSession, batch: Batch, companion: Companion) -> DataFrame | None:
    """What earlier batches left in a companion, so not what a dead run left of this one; None while there is none."""
    version = read_position(session, companion.location).version
    if version < 0:
        return None
    return read_version(session, companion.location, version).where(F.col(companion.batch_column) < batch.sequence)
