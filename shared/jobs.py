"""What crosses the wall between state machines, Spark jobs and Lambdas: the job argument and what a job leaves behind.

A job run is started with `--job <json of Job>` and leaves two files under
`<lake_root>/runs/<run_id>/<step>/`: `<attempt>.outcomes.json` (a list of TableOutcome, whole) and
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

# What stands before a TableOutcome in a job's log, for whoever follows the log while the job runs.
OUTCOME_MARK = "table outcome "


class Step(StrEnum):
    """The steps that run on Spark: those of the data's way in their order, then those of upkeep and the smoke job."""

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
    """The steps of a machine's run, in their order; the last one records it, and a run that lacks another is red."""
    return UPKEEP_STEPS if machine is Machine.MAINTENANCE else RUN_STEPS


# The steps of all machines, each once.
MACHINE_STEPS = tuple(dict.fromkeys((*RUN_STEPS, *UPKEEP_STEPS)))


class Status(StrEnum):
    """How one table came out of one step."""

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
    """The refused rows of one table that are to be read again: all of them, or those that failed one rule."""

    table: str
    rule: str | None = None


class Window(_Record):
    """Which part of its source a table is to read once more: from `since` on, and below `until`.

    Both are values of the table's cursor, written as a contract's `initialValue` is. In JSON they are `from` and `to`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    since: str = Field(alias="from", min_length=1)
    until: str = Field(alias="to", min_length=1)

    def __str__(self) -> str:
        """The window in words."""
        return f"from {self.since} to {self.until}"


class Job(_Record):
    """One job run: a step of a run of a machine.

    It works on the tables selected, or on those that `files` feed and what depends on them, or on all of the machine.
    `attempt` is new for every try of the step, and names the files the try leaves. `earlier` gives the attempt of
    each step that came before in this run, so that tables whose inputs failed there are skipped here.
    `business_date` is the only "today" a query may know. `replay` asks for refused rows to be read again, `window` for
    a part of the sources to be read once more. `rollback` is the run that upkeep shall bring tables back to, in place
    of its ordinary work. `every_seconds` makes an ingest job go on until it is ended, a round in each interval.
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
    files: tuple[str, ...] = ()
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
        """Who holds the leases that this job run takes; another try of the step is another owner."""
        return f"{self.run_id}/{self.attempt}"


class Failure(_Record):
    """Why a table failed: the error's class, its text, and whether another try may go well."""

    error: str
    message: str
    retryable: bool


class TableOutcome(_Record):
    """What one step did to one table. Counts are rows; `seconds` is wall time.

    The books balance: `read = inserted + updated + tombstoned + superseded + quarantined`. `tombstoned` counts the
    delete rows that took effect, whether the row they delete was there or is yet to come; `deleted` counts the rows
    that left the target, by a delete row or because a full snapshot no longer had their key.

    Of a history `read = recorded + superseded + quarantined`: events are recorded, and what is inserted, updated and
    deleted are versions.

    Of a source `requests` and `bytes` say what the batch took, where that can be told, and `cursor` how far it has been
    read: the greatest cursor, the next offsets of a topic, the time of the newest file. `reconciled` says how a table
    compares with its source, and those refined from it with it. A table that is published has an outcome for each
    `target`; its `version` is the one that is there.
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
    reconciled: tuple[Comparison, ...] = ()

    @property
    def what(self) -> str:
        """What people are told was worked on: the table, or what was done with it as it stands."""
        done = " with its source" if self.step is Step.RECONCILE else f" to {self.target}" if self.target else ""
        return f"{self.table}{done}"

    @property
    def is_red(self) -> bool:
        """Whether this outcome turns the run red."""
        return self.status in (Status.FAILED, Status.SKIPPED)


class TableVersion(_Record):
    """The Delta version of a table at the end of a run, and of what lay `beside` it, by what that is.

    `table_id` tells the table from another one that is made at its place later. Pages of earlier releases do not say
    it, or what lay beside it. `rows` is null in every page: it is not counted.
    """

    table: str
    version: int | None
    rows: int | None = None
    table_id: str | None = None
    beside: dict[str, int] | None = None


class FreshnessPromise(_Record):
    """How old a table may be by its contract, in seconds; `upstream` are the tables it depends on, however far off."""

    table: str
    seconds: int
    cursor: str | None = None
    upstream: tuple[str, ...] = ()


class RunRecord(_Record):
    """The ledger's page for one run: `<lake_root>/runs/<run_id>/run.json`.

    One run is one consistent version of the lake: `versions` holds the version of every table when the run ended,
    `outcomes` everything the steps did, in order. `promises` are those of the contracts it ran with. A run that
    `reads_again`, a part of the past or refused rows, does not say how new its tables are.
    """

    run_id: str
    env: str
    business_date: date
    colour: Colour
    finished_at: str
    outcomes: tuple[TableOutcome, ...]
    versions: tuple[TableVersion, ...]
    promises: tuple[FreshnessPromise, ...] = ()
    reads_again: bool = False
