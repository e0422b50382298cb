"""The one function that commits a batch: data, position and books are committed together, or not at all."""

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
# Raised by Delta when another writer committed meanwhile; the base class of all such errors.
CONFLICT = "io.delta.exceptions.DeltaConcurrentModificationException"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One batch of one flow into the table at `location`, before it is committed.

    `contract` holds the facts about the contract that are recorded with the batch; `reason` says why the batch was made
    as it was, where there was a choice (such as refreshed or rebuilt).
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
        """The flow's position before this batch, None before its first."""
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
    """Run one Delta write that carries the batch's position and sequence, and make sure that it was committed.

    Delta silently skips a write whose sequence was committed before, so the position is read back.

    Args:
        session: The batch's own session. `write` must write a frame built in this session: Delta takes position and
            sequence from the frame's session, and a frame of another one would commit without them.
        batch: The batch.
        write: Makes exactly one Delta commit at `batch.location`.
        inputs: How far each input is consumed once the batch is committed.
        books: The batch's books.
        fingerprint: The fingerprint of the contract that it was made under.
        warnings: The value measured by each failed rule of severity `warning`.

    Returns:
        The commit as it is in the log.

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
    """Commit no rows, so that the position moves on though the batch had no effect."""
    frame.limit(0).write.format("delta").mode("append").save(location)


def _refuse_restored(session: SparkSession, batch: Batch) -> None:
    """Refuse to commit to a table that was rolled back since the batch began.

    Delta would accept the batch, since its sequence is new, and the rows of the batches that were rolled back would be
    lost without an error.
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
