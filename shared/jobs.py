"""What state machines, Spark jobs and Lambdas hand to each other: the argument of a job and what a job leaves behind.

A job run is started with `--job <json of Job>` and leaves two files under
`<lake_root>/runs/<run_id>/<step>/`: `<attempt>.outcomes.json` (a list of TableOutcome, in full) and
`<attempt>.summary.json` (a `shared.summaries.StepSummary`, at most 32 KiB, safe to pass through a state machine).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.names import Machine, Roots
from shared.reconciliation import Comparison
from shared.serving import Target

# The name of an execution, and so of a run and its folder.
RUN_ID = r"^[A-Za-z0-9_-]{1,80}$"

# Precedes a TableOutcome in a job's log, for programs that follow the log while the job runs.
OUTCOME_MARK = "table outcome "


class Step(StrEnum):
    """The steps that run on Spark: those of a daily run in their order, then upkeep, erasure and the smoke job."""

    INGEST = "ingest"
    REFINE = "refine"
    BUILD = "build"
    PUBLISH = "publish"
    RECONCILE = "reconcile"
    RECORD = "record"
    MAINTAIN = "maintain"
    ERASE = "erase"
    SMOKE = "smoke"


# The steps of a daily run.
RUN_STEPS = (Step.INGEST, Step.REFINE, Step.BUILD, Step.PUBLISH, Step.RECONCILE, Step.RECORD)
# Those of a run of upkeep.
UPKEEP_STEPS = (Step.MAINTAIN, Step.RECORD)


def steps_of(machine: Machine) -> tuple[Step, ...]:
    """The steps of a machine's run, in their order. The last one records the run; if another is missing, it is red."""
    return UPKEEP_STEPS if machine is Machine.MAINTENANCE else RUN_STEPS


def brings_up_to_date(machine: Machine) -> bool:
    """Whether a machine's run brings tables up to date with their sources."""
    return Step.INGEST in steps_of(machine)


# The steps of all machines, each once.
MACHINE_STEPS = tuple(dict.fromkeys((*RUN_STEPS, *UPKEEP_STEPS)))


class Status(StrEnum):
    """The result of one step for one table."""

    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"


class Colour(StrEnum):
    """How a step or a run ended: red as soon as one table failed or was skipped."""

    GREEN = "green"
    RED = "red"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Replay(_Record):
    """The refused rows of one table that a run reads again: all of them, or those that failed one rule."""

    table: str
    rule: str | None = None


class Window(_Record):
    """The part of its source that a table reads again: from `since`, inclusive, to `until`, exclusive.

    Both are values of the table's cursor, written as a contract's `initialValue` is. In JSON they are `from` and `to`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    since: str = Field(alias="from", min_length=1)
    until: str = Field(alias="to", min_length=1)

    def __str__(self) -> str:
        """The window in words."""
        return f"from {self.since} to {self.until}"


class Job(_Record):
    """One job run: one step of a run, on all tables of the machine unless `tables` names some.

    Attributes:
        env: The environment.
        step: The step.
        run_id: The run.
        attempt: New for every try of the step; names the files that the try leaves.
        business_date: The only "today" that a query may know.
        lake_root: The root of the lake.
        pii_root: The root of the place of personal data.
        landing_root: The root of the landing place.
        machine: The state machine whose run this is.
        tables: Selectors of the tables to work on.
        earlier: The attempt of each earlier step of this run, so that tables whose inputs failed there are skipped.
        replay: The refused rows to read again.
        window: The part of the sources to read again.
        rollback: The run to whose end upkeep restores the tables, instead of its ordinary work.
        every_seconds: The interval of an ingest job that starts a round in each until it is stopped; None is one round.
    """

    env: str
    step: Step
    run_id: str = Field(pattern=RUN_ID)
    attempt: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    business_date: date
    lake_root: str
    pii_root: str
    landing_root: str
    machine: Machine = Machine.DAILY_BATCH
    tables: tuple[str, ...] = ()
    earlier: dict[Step, str] = {}
    replay: Replay | None = None
    window: Window | None = None
    rollback: str | None = Field(default=None, pattern=RUN_ID)
    every_seconds: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _rounds_only_ingest(self) -> Self:
        if self.every_seconds and self.step is not Step.INGEST:
            raise ValueError("every_seconds goes with the step ingest, and with no other")
        return self

    @model_validator(mode="after")
    def _only_upkeep_rolls_back(self) -> Self:
        if self.rollback and self.machine is not Machine.MAINTENANCE:
            raise ValueError(f"rollback goes with the machine {Machine.MAINTENANCE}, and with no other")
        return self

    @property
    def roots(self) -> Roots:
        """The places of the lake."""
        return Roots(self.lake_root, self.pii_root)

    @property
    def owner(self) -> str:
        """The owner of the leases that this job run takes; another try of the step is another owner."""
        return f"{self.run_id}/{self.attempt}"


class Failure(_Record):
    """Why a table failed: the error's class, its text, and whether another try may succeed."""

    error: str
    message: str
    retryable: bool


class TableOutcome(_Record):
    """What one step did to one table. Counts are rows.

    The books balance: `read = inserted + updated + tombstoned + superseded + quarantined`. In a history they are
    `read = recorded + superseded + quarantined`, and what is inserted, updated and deleted are versions.

    Attributes:
        table: The full name.
        step: The step.
        target: Where the table was published; it has an outcome for each target.
        status: The result.
        read: Rows of the input.
        inserted: Rows new in the table.
        updated: Rows that replaced one of their key.
        deleted: Rows that left the table, by a delete row or because a full snapshot no longer had their key.
        tombstoned: Delete rows that took effect, whether the row they delete was there or is yet to come.
        recorded: Events that a history took in.
        superseded: Rows that were known already, or older than what the table has.
        quarantined: Rows that were refused.
        requests: What the batch cost the source, in requests; None if unknown.
        bytes: What the batch cost the source, in bytes; None if unknown.
        cursor: How far the source is read: the greatest cursor, a topic's next offsets, the newest file's time.
        seconds: Wall time.
        version: The Delta version of the table; of a published one, the version that is at the target.
        sequence: The number of the batch.
        warnings: Counts of what did not fail the table, such as bad rows by rule.
        reason: Why the step did it this way, or did nothing.
        failure: Why the table failed.
        remaining: How many batches more the step has to make in this job run; no record has it.
        reconciled: How the table compares with its source, and the tables refined from it with it.
    """

    table: str
    step: Step
    target: Target | None = None
    status: Status
    read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    tombstoned: int = 0
    recorded: int = 0
    superseded: int = 0
    quarantined: int = 0
    requests: int | None = None
    bytes: int | None = None
    cursor: str = ""
    seconds: float = 0.0
    version: int | None = None
    sequence: int | None = None
    warnings: dict[str, int | float] = {}
    reason: str = ""
    failure: Failure | None = None
    remaining: int = Field(default=0, exclude=True)
    reconciled: tuple[Comparison, ...] = ()

    @property
    def what(self) -> str:
        """What the step worked on, in words: the table, and the source or target if it was compared or published."""
        done = " with its source" if self.step is Step.RECONCILE else f" to {self.target}" if self.target else ""
        return f"{self.table}{done}"

    @property
    def gone(self) -> int:
        """The rows that left; a delete row counts once, whether the row that it deletes was there or not."""
        return max(self.deleted, self.tombstoned)

    @property
    def is_red(self) -> bool:
        """Whether this outcome turns the run red."""
        return self.status in (Status.FAILED, Status.SKIPPED)
