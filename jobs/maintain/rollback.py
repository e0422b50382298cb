"""One table's way back to the version it had when a run ended, with all that lies beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from jobs.runtime.delta_log import ROLLED_BACK, DeltaLog, made_by
from jobs.runtime.files import read_text
from jobs.runtime.lease import leased_by
from jobs.runtime.position import NOWHERE, FlowPosition, flows_of, read_position
from jobs.runtime.session import batch_session
from jobs.runtime.table_files import missing_files
from jobs.runtime.upkeep import carrying_on
from shared.errors import PositionLostError, RollbackError, TerminalError
from shared.jobs import RunRecord, Status, TableOutcome
from shared.names import run_location
from shared.places import companions, location_of
from shared.retention import HISTORY_DAYS
from shared.table_identity import why_not_same_table
from shared.vault import VAULT

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.delta_log import Commit
    from jobs.runtime.position import TablePosition
    from shared.contracts import Table
    from shared.jobs import Job, TableVersion

NO_ROWS = "left as it is: it had no rows then"


def page_of(job: Job) -> RunRecord:
    """The page of the run that the job goes back to: the version of each table, and of what lay beside it, at its end.

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
class Place:
    """A Delta table and the version to bring back there.

    `then` is where its flows stood at that version, `now` where they stand: None when nothing says so any more, as
    after a RESTORE by hand. `sequences` are Delta's transaction versions now. `is_touched` says that rows have changed
    since, be it by no batch: upkeep deletes by age.
    """

    location: str
    version: int
    then: TablePosition
    now: TablePosition | None
    sequences: dict[str, int]
    is_touched: bool

    @property
    def position(self) -> TablePosition:
        """Where the flows go on from: the inputs of then, under the sequences of now, which a RESTORE does not touch.

        Were the old sequences written, the next batches would have numbers that Delta has seen, and it would skip them.
        """
        begun = {flow: self.then.flows.get(flow, _BEFORE_THE_FIRST) for flow in self.sequences}
        flows = {f: replace(p, sequence=self.sequences[f], restored=p.newest) for f, p in begun.items()}
        return replace(self.then, flows=flows)

    @property
    def is_there_already(self) -> bool:
        """Whether the flows stand where they stood, and the rows are the same."""
        stands = self.now is not None and self.now.flows in (self.then.flows, self.position.flows)
        return stands and not self.is_touched


# Where a flow beside a table stands that has had no batch.
_BEFORE_THE_FIRST = FlowPosition(sequence=0, run="", attempt="", inputs={"batch": 0})


def roll_back(spark: SparkSession, job: Job, run: RunRecord, table: Table) -> TableOutcome:
    """Bring back the rows that a table had when a run ended, and let its next batch go on from there.

    Nothing is lost by it that the sources still have: the next run reads what was read since once more. What lies
    beside the table goes first, and the table is marked meanwhile, so that no flow works on it should this job run die:
    its own RESTORE takes the mark away. A table that had no rows then is left as it is; it will be told again what it
    knows, which changes nothing.

    Args:
        spark: The session.
        job: The job run.
        run: The page of the run to go back to, which may not know the table.
        table: The table.

    Raises:
        LeaseHeldError: another job run works on the table.
        RollbackError: the version cannot be read any more, or is of a table that was there before this one; nothing
            was done.
    """
    location = location_of(job.roots, table)
    session = batch_session(spark)
    ended = next((told for told in run.versions if told.table == str(table.name)), None)
    with leased_by(job, str(table.name)) as lease:
        _refuse_another(session, location, run, ended)
        if ended is None or ended.version is None or not DeltaLog(session, location).exists:
            return _outcome(session, job, table, NO_ROWS)
        target = _place(session, table, location, ended.version)
        if (flow := target.then.flows.get(str(table.name))) is None:
            return _outcome(session, job, table, NO_ROWS)
        places = [place for place in _beside(session, job, table, ended, flow) if not place.is_there_already]
        if not places and target.is_there_already and not DeltaLog(session, location).rolled_back_to:
            return _outcome(session, job, table)
        for place in (*places, target):
            _refuse_gaps(session, table, place)
        with carrying_on(session, location, lease, target.position):
            session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{ROLLED_BACK}' = '{job.rollback}')")
        for place in (*places, target):
            with carrying_on(session, place.location, lease, place.position):
                DeltaTable.forPath(session, place.location).restoreToVersion(place.version)
        # A run that ended while the table was marked recorded a version with the mark.
        if DeltaLog(session, location).rolled_back_to:
            with carrying_on(session, location, lease):
                session.sql(f"ALTER TABLE delta.`{location}` UNSET TBLPROPERTIES ('{ROLLED_BACK}')")
        return _outcome(
            session, job, table, f"back at version {target.version}, as {job.rollback} left it", is_back=True
        )


def _refuse_another(session: SparkSession, location: str, run: RunRecord, ended: TableVersion | None) -> None:
    """Refuse to bring back rows that the run never saw: those of a table that was made anew at the same place."""
    log = DeltaLog(session, location)
    if ended is None or not log.exists:
        return
    finished_at = datetime.fromisoformat(run.finished_at)
    why = why_not_same_table(ended, finished_at, table_id=log.table_id, newest=log.version, written_at=log.moment_at)
    if why:
        raise RollbackError(
            f"version {ended.version} of {ended.table} was of a table that is no longer there",
            given=f"{why}: it was made anew since {run.run_id}",
            expected="the table that the run left",
            mend="go back to a later run, or leave the table as it is",
        )


def _place(session: SparkSession, table: Table, location: str, version: int) -> Place:
    log = DeltaLog(session, location)
    if not log.reaches(version):
        raise _unreadable(table, version, "the table's log does not reach back so far")
    then = read_position(session, location, version)
    try:
        now = read_position(session, location)
    except PositionLostError:
        now = None
    is_touched = made_by(log, log.version) != made_by(log, version)
    return Place(location, version, then, now, log.transactions(), is_touched)


def _beside(session: SparkSession, job: Job, table: Table, ended: TableVersion, flow: FlowPosition) -> list[Place]:
    """What lies beside the table, each with the version that belongs to the one that the table had when the run ended.

    A vault is left: what a token stands for stays true.
    """
    moment = DeltaLog(session, location_of(job.roots, table)).moment_at(ended.version or 0) or 0
    found = []
    for what, location in companions(job.roots, table).items():
        log = DeltaLog(session, location)
        if what != VAULT and log.exists:
            # What was not there yet is all later.
            there = None if ended.beside is None else ended.beside.get(what, NOWHERE)
            found.append(_place(session, table, location, _belonging(log, flow, there, moment)))
    return found


def _belonging(log: DeltaLog, flow: FlowPosition, there: int | None, moment: int) -> int:
    """The newest version of a companion that has no batch of later than the flow's, and no later RESTORE behind it.

    Such a RESTORE took away what the table had then: it has an early batch, and so has all that came to it, but lacks
    later ones. Commits that carry no position have the rows of those before them.

    Args:
        log: The companion's log.
        flow: Where the table's flow stood.
        there: The companion's version when the run ended, None where the run's page does not say.
        moment: When the table got the version that it had then. Pages of earlier releases leave that to clocks.
    """
    found = None
    for commit in log.commits():
        is_later = commit.moment > moment if there is None else commit.version > there
        batch = _batch_at(commit)
        if commit.is_restore and is_later:
            found = None
        elif found is None and batch is not None and batch <= flow.sequence:
            found = commit.version
        if found is not None and not is_later:
            break
    return found or 0


def _batch_at(commit: Commit) -> int | None:
    """The last batch that a companion had after a commit, 0 before its first one; None when the commit does not say."""
    return max((int(p.inputs.get("batch", 0)) for p in flows_of(commit).values()), default=None)


def _refuse_gaps(session: SparkSession, table: Table, place: Place) -> None:
    """Refuse a version of which files are gone, before any table is half restored."""
    if gone := missing_files(session, place.location, place.version):
        raise _unreadable(table, place.version, f"{len(gone)} of the files that it names are gone")


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
