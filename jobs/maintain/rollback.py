"""The rollback of one table and its companions to the versions that they had when a run ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from jobs.maintain.companion_version import companion_version
from jobs.maintain.vault import earlier_vault
from jobs.runtime.delta_log import ROLLED_BACK, DeltaLog, made_by
from jobs.runtime.files import read_text
from jobs.runtime.lease import leased_by
from jobs.runtime.position import NOWHERE, FlowPosition, read_position
from jobs.runtime.session import batch_session
from jobs.runtime.table_files import missing_files
from jobs.runtime.upkeep import carrying_on
from shared.errors import PositionLostError, RollbackError, TerminalError
from shared.jobs import Status, TableOutcome
from shared.ledger import RunRecord
from shared.names import run_location
from shared.places import companions, location_of
from shared.retention import HISTORY_DAYS
from shared.table_identity import why_not_same_table
from shared.vault import VAULT

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.position import TablePosition
    from shared.contracts import Table
    from shared.jobs import Job
    from shared.ledger import TableVersion

NO_ROWS = "left with the rows that it has: it had none then"


def page_of(job: Job) -> RunRecord:
    """Read the ledger's page of the run to go back to: the version of each table and its companions when it ended.

    Raises:
        TerminalError: the run has no page in the ledger.
    """
    text = read_text(run_location(job.lake_root, str(job.rollback)))
    if text is None:
        raise TerminalError(
            "there is no such run to go back to",
            given=f"rollback {job.rollback}",
            expected="a run that came to its end, by its id",
            mend="./lake runs names them",
        )
    return RunRecord.model_validate_json(text)


@dataclass(frozen=True)
class RestorePoint:
    """A Delta table (a table of the lake or a companion) and the version to restore it to.

    Attributes:
        location: The Delta table's location.
        version: The version to restore.
        then: The positions at that version.
        now: The positions today; None if no commit has them any more, as after a RESTORE by hand.
        sequences: Delta's transaction versions today, by flow.
        is_touched: Whether rows have changed since that version, even without a batch: upkeep deletes rows by age.
    """

    location: str
    version: int
    then: TablePosition
    now: TablePosition | None
    sequences: dict[str, int]
    is_touched: bool

    @property
    def position(self) -> TablePosition:
        """The position after the RESTORE: the inputs of then under the sequences of today.

        A RESTORE leaves Delta's transaction versions as they are. With the old sequences, the next batches would have
        numbers that Delta has seen, and it would skip them.
        """
        restored = {flow: self.then.flows.get(flow, _BEFORE_THE_FIRST) for flow in self.sequences}
        flows = {f: replace(p, sequence=self.sequences[f], restored=p.newest) for f, p in restored.items()}
        return replace(self.then, flows=flows)

    @property
    def is_restored(self) -> bool:
        """Whether nothing is left to do: positions and rows are those of the version, or of a restore of it."""
        has_position = self.now is not None and self.now.flows in (self.then.flows, self.position.flows)
        return has_position and not self.is_touched


# The position of a companion's flow that has had no batch.
_BEFORE_THE_FIRST = FlowPosition(sequence=0, run="", attempt="", inputs={"batch": 0})


def roll_back(spark: SparkSession, job: Job, run: RunRecord, table: Table) -> TableOutcome:
    """Restore a table to the rows that it had when a run ended, and let its next batch continue from there.

    Nothing is lost that the sources still have: the next run reads again what was read since. The companions are
    restored first. Meanwhile the table has a mark, so that no flow works on it if this job run dies; its own RESTORE
    removes the mark. A table that had no rows then is left with those that it has.

    Args:
        spark: The session.
        job: The job run.
        run: The page of the run to go back to, which may not have the table.
        table: The table.

    Raises:
        LeaseHeldError: another job run works on the table.
        RollbackError: the version cannot be read any more, or is that of an earlier table at the same location; nothing
            was done.
        PositionLostError: the commits before the version do not say how far the table's inputs were read.
    """
    location = location_of(job.roots, table)
    session = batch_session(spark)
    ended = next((version for version in run.versions if version.table == str(table.name)), None)
    with leased_by(job, str(table.name)) as lease:
        _refuse_recreated(session, location, run, ended)
        if ended is None or ended.version is None or not DeltaLog(session, location).exists:
            return _outcome(session, job, table, NO_ROWS)
        target = _restore_point(session, table, location, ended.version)
        if (flow := target.then.flows.get(str(table.name))) is None:
            return _outcome(session, job, table, NO_ROWS)
        points = [point for point in _companions(session, job, table, ended, flow) if not point.is_restored]
        if not points and target.is_restored and not DeltaLog(session, location).rolled_back_to:
            return _outcome(session, job, table)
        vault = earlier_vault(session, job, table, ended)
        for point in (*points, target):
            _refuse_missing_files(session, table, point.location, point.version)
        if vault:
            _refuse_missing_files(session, table, vault.location, vault.version)
        with carrying_on(session, location, lease, target.position):
            session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{ROLLED_BACK}' = '{job.rollback}')")
        if vault:
            vault.bring_back(session, lease, target.sequences[str(table.name)])
        for point in (*points, target):
            with carrying_on(session, point.location, lease, point.position):
                DeltaTable.forPath(session, point.location).restoreToVersion(point.version)
        # The restored version has the mark, too, if the run ended while the table had one.
        if DeltaLog(session, location).rolled_back_to:
            with carrying_on(session, location, lease):
                session.sql(f"ALTER TABLE delta.`{location}` UNSET TBLPROPERTIES ('{ROLLED_BACK}')")
        return _outcome(
            session, job, table, f"back at version {target.version}, as {job.rollback} left it", is_back=True
        )


def _refuse_recreated(session: SparkSession, location: str, run: RunRecord, ended: TableVersion | None) -> None:
    """Refuse a table that was recreated at the same location since: its version has rows that the run never saw."""
    log = DeltaLog(session, location)
    if ended is None or not log.exists:
        return
    finished_at = datetime.fromisoformat(run.finished_at)
    why = why_not_same_table(ended, finished_at, table_id=log.table_id, newest=log.version, written_at=log.moment_at)
    if why:
        raise RollbackError(
            f"version {ended.version} of {ended.table} was of a table that is no longer there",
            given=f"{why}: it was recreated since {run.run_id}",
            expected="the table that the run left",
            mend="go back to a later run, or leave the table as it is",
        )


def _restore_point(session: SparkSession, table: Table, location: str, version: int) -> RestorePoint:
    log = DeltaLog(session, location)
    if not log.reaches(version):
        raise _unreadable(table, version, "the table's log does not reach back so far")
    then = read_position(session, location, version)
    try:
        now = read_position(session, location)
    except PositionLostError:
        now = None
    is_touched = made_by(log, log.version) != made_by(log, version)
    return RestorePoint(location, version, then, now, log.transactions(), is_touched)


def _companions(
    session: SparkSession, job: Job, table: Table, ended: TableVersion, flow: FlowPosition
) -> list[RestorePoint]:
    """The table's companions, each with the version that belongs to the one that the table had when the run ended.

    The vault is left out: it loses nothing in a rollback, since what a token stands for stays true.
    """
    moment = DeltaLog(session, location_of(job.roots, table)).moment_at(ended.version or 0) or 0
    found = []
    for what, location in companions(job.roots, table).items():
        log = DeltaLog(session, location)
        if what != VAULT and log.exists:
            # For a companion that did not exist yet, all versions are later.
            ended_at = None if ended.beside is None else ended.beside.get(what, NOWHERE)
            version = companion_version(log, flow, ended_at, moment)
            found.append(_restore_point(session, table, location, version))
    return found


def _refuse_missing_files(session: SparkSession, table: Table, location: str, version: int) -> None:
    """Refuse a version that has lost files, before anything is restored."""
    if gone := missing_files(session, location, version):
        raise _unreadable(table, version, f"{len(gone)} of the files that it names are gone")


def _unreadable(table: Table, version: int, given: str) -> RollbackError:
    return RollbackError(
        f"version {version} of {table.name} cannot be read any more",
        given=given,
        expected=f"a version of the last {HISTORY_DAYS} days, and no erasure since",
        mend="go back to a later run, or move the table away, but not its vault, so that it is built anew",
    )


def _outcome(session: SparkSession, job: Job, table: Table, reason: str = "", *, is_back: bool = False) -> TableOutcome:
    log = DeltaLog(session, location_of(job.roots, table))
    return TableOutcome(
        table=str(table.name),
        step=job.step,
        status=Status.SUCCEEDED if is_back else Status.UNCHANGED,
        version=log.version if log.exists else None,
        reason=reason if log.exists else "",
    )
