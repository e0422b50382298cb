"""The one function that commits: data, position and books land together, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from py4j.java_gateway import is_instance_of
from py4j.protocol import Py4JJavaError

from jobs.runtime.delta_log import Commit, DeltaLog
from jobs.runtime.position import FlowPosition, TablePosition, flows_of
from jobs.runtime.session import with_settings
from shared.errors import LostRaceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pyspark.sql import DataFrame, SparkSession

    from jobs.runtime.lease import Lease

USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
TXN_APP_ID = "spark.databricks.delta.write.txnAppId"
TXN_VERSION = "spark.databricks.delta.write.txnVersion"
# What Delta raises when another writer committed meanwhile; the other classes of this kind stem from it.
CONFLICT = "io.delta.exceptions.DeltaConcurrentModificationException"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One batch of one flow into the table at `location`, before it is committed.

    `contract` is what the batch notes of the contract it is decided by, `reason` how it comes about where there is a
    choice.
    """

    location: str
    flow: str
    before: TablePosition
    run: str
    attempt: str
    lease: Lease
    contract: dict[str, Any] = field(default_factory=dict)
    reason: str = ""

    @property
    def last(self) -> FlowPosition | None:
        """Where the flow stands, None before its first batch."""
        return self.before.flows.get(self.flow)

    @property
    def sequence(self) -> int:
        """The number of this batch, counted from 1."""
        return self.last.sequence + 1 if self.last else 1


def commit(
    session: SparkSession,
    batch: Batch,
    write: Callable[[], object],
    *,
    inputs: dict[str, Any],
    books: dict[str, int],
    fingerprint: str,
    warnings: dict[str, int | float] | None = None,
) -> Commit:
    """Run one Delta write that carries the batch's position and sequence, and make sure that it landed.

    Delta skips a write whose sequence has landed already and says nothing, so the position is read back.

    Args:
        session: The batch's own session. `write` must write a frame built in this session: Delta takes position and
            sequence from the frame's session, and a frame of another one would commit without them.
        batch: The batch.
        write: Makes exactly one Delta commit at `batch.location`.
        inputs: How far each input is consumed once this lands.
        books: What became of the rows read.
        fingerprint: Which contract decided it.
        warnings: What rules of severity `warning` found.

    Returns:
        The commit as the log holds it.

    Raises:
        LostRaceError: another writer committed this sequence first, or the table was restored since the batch began.
        LeaseHeldError: the table's lease was lost before the write.
    """
    position = FlowPosition(
        sequence=batch.sequence,
        run=batch.run,
        attempt=batch.attempt,
        inputs=inputs,
        books=books,
        fingerprint=fingerprint,
        warnings=warnings or {},
        contract=batch.contract,
        reason=batch.reason,
    )
    settings = {
        USER_METADATA: batch.before.after(batch.flow, position),
        TXN_APP_ID: batch.flow,
        TXN_VERSION: str(batch.sequence),
    }
    batch.lease.renew()
    _refuse_restored(session, batch)
    try:
        with with_settings(session, settings):
            write()
    except Py4JJavaError as error:
        if is_instance_of(session.sparkContext._gateway, error.java_exception, CONFLICT):  # noqa: SLF001 - as in delta_log
            raise _lost(batch) from error
        raise
    return _landed(session, batch, position)


def carried(session: SparkSession, position: TablePosition) -> AbstractContextManager[None]:
    """Have the commits made within carry a table's position on: they move no flow."""
    return with_settings(session, {USER_METADATA: position.carried()})


def append_nothing(frame: DataFrame, location: str) -> None:
    """Commit no rows: the position moves on though the batch had no effect."""
    frame.limit(0).write.format("delta").mode("append").save(location)


def _refuse_restored(session: SparkSession, batch: Batch) -> None:
    """Refuse a table that somebody rolled back since the batch began.

    Delta would take the batch, since its sequence is a new one, and the rows of the batches before it that were rolled
    back would be missed by nobody.
    """
    for found in DeltaLog(session, batch.location).commits(after=batch.before.version):
        if found.is_restore:
            raise LostRaceError(
                f"{batch.location} was restored while batch {batch.sequence} of {batch.flow} was at work",
                given=f"version {found.version} is a RESTORE, and the batch began at version {batch.before.version}",
                expected="no RESTORE while a run works on the table",
                mend="start the run again: it goes on from where the table stands now",
            )


def _landed(session: SparkSession, batch: Batch, wanted: FlowPosition) -> Commit:
    """The commit that carries the batch; upkeep may have committed after it."""
    for found in DeltaLog(session, batch.location).commits(after=batch.before.version):
        if found.transactions.get(batch.flow) == wanted.sequence:
            if flows_of(found).get(batch.flow) != wanted:
                break
            return found
    raise _lost(batch)


def _lost(batch: Batch) -> LostRaceError:
    return LostRaceError(
        f"another writer took batch {batch.sequence} of {batch.flow} at {batch.location}",
        given=f"run {batch.run}, attempt {batch.attempt}",
        expected=f"no other commit since version {batch.before.version}",
        mend="start the run again; it goes on from what landed",
    )
