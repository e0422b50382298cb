"""The events between state machines, Lambdas and whoever starts a machine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.jobs import RUN_ID, Colour, Replay, Status, Step, Window
from shared.names import Machine

# What the lake's own events on the account's event bus are known by.
EVENT_SOURCE = "lakewright"
SCHEMA_DRIFTED = "Source Schema Drifted"
BECAME_LATE = "Tables Late"
# The custom resource by which a deploy says who may see what.
DECLARED_ACCESS = "Custom::DeclaredAccess"
# The custom resource by which a deploy learns where a cluster of Kafka is met, and the attribute that says so.
CLUSTER_BROKERS = "Custom::ClusterBrokers"
BOOTSTRAP_SERVERS = "BootstrapServers"


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunRequest(_Event):
    """The input of a machine; `{}` asks for the ordinary run of today.

    `tables` are selectors; `files` are files that landed, as `s3://bucket/key`, and ask for the tables they feed. With
    neither, the run works on all tables of the machine. `replay` asks for refused rows of a table to be read again; the
    table must be among those selected. `window` asks for a part of the sources to be read once more. `rollback` is a
    run: maintenance brings the tables back to what they were when it ended. `schedule` and
    `scheduled_time` together name a start, so that the same start delivered twice makes one run; a run started by hand
    has neither, and is never a duplicate.
    """

    business_date: date | None = None
    tables: tuple[str, ...] = ()
    replay: Replay | None = None
    window: Window | None = None
    files: tuple[str, ...] = ()
    rollback: str | None = Field(default=None, pattern=RUN_ID)
    schedule: str | None = None
    scheduled_time: str | None = None

    @model_validator(mode="after")
    def _backfills_read_nothing_else(self) -> Self:
        if self.window and (self.replay or self.files):
            raise ValueError("a run with a window reads no files that landed and no refused rows; start two runs")
        return self

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.schedule is None) is not (self.scheduled_time is None):
            raise ValueError("schedule and scheduled_time name a start together; give both, or neither")
        return self


class Execution(_Event):
    """An execution of a machine. Its name is the run's id, and so part of paths."""

    id: str
    name: str = Field(pattern=RUN_ID)
    started_at: datetime

    @property
    def started_on(self) -> date:
        """The day of the start, in UTC."""
        return self.started_at.astimezone(UTC).date()


class RunRequested(_Event):
    """A machine was started."""

    request: RunRequest
    execution: Execution
    machine: Machine

    @model_validator(mode="after")
    def _asks_the_right_machine(self) -> Self:
        asked, is_upkeep = self.request, self.machine is Machine.MAINTENANCE
        if asked.rollback and not is_upkeep:
            raise ValueError(f"rollback asks {self.machine} for what {Machine.MAINTENANCE} does; start that machine")
        if is_upkeep and (asked.replay or asked.window or asked.files):
            raise ValueError(f"{self.machine} reads no source: replay, window and files are for the other machines")
        return self

    @property
    def business_date(self) -> date:
        """The day asked for, or the day of the start in UTC."""
        return self.request.business_date or self.execution.started_on


class RunAccepted(_Event):
    """What a run works on, or that another execution does this very run."""

    duplicate: bool
    business_date: date
    tables: tuple[str, ...]
    replay: Replay | None = None
    window: Window | None = None
    files: tuple[str, ...] = ()
    rollback: str | None = None


class SchemaDrifted(_Event):
    """The columns of a source are no longer those of its contract. It holds names, and no values.

    `unknown` counts the rows that hold a value in each column that the contract does not know; `refused` is the error
    of a table that could not be read because of its columns, and was left as it was.
    """

    env: str
    run_id: str
    table: str
    system: str
    object: str
    schema_contract: str
    unknown: dict[str, int] = {}
    refused: str = ""


class WatchDue(_Event):
    """It is time to look after the lake: what EventBridge says when a schedule comes round."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    time: datetime


class LateTable(_Event):
    """A table that is older than its contract promises; `as_of` is None where no run says how old it is."""

    table: str
    promised_seconds: int
    as_of: datetime | None


class TablesLate(_Event):
    """Tables that have become older than promised since the last look."""

    env: str
    tables: tuple[LateTable, ...]


class StepsFinished(_Event):
    """Steps of a run came to an end.

    `attempts` holds the attempt of each step whose job run ended well; `crashes` says in words which tasks did not.
    A step that is asked about without an attempt did not run.
    """

    run_id: str
    steps: tuple[Step, ...]
    attempts: dict[Step, str]
    crashes: tuple[str, ...] = ()


class RunVerdict(_Event):
    """How the steps came out.

    `open` says that every step left its summary, so that the next step can tell what to skip. `failed` names the
    first failures; `counts` are tables by step and status.
    """

    colour: Colour
    open: bool
    failed: tuple[str, ...]
    counts: dict[Step, dict[Status, int]]


class _CustomResource(_Event):
    """What every custom resource is given: who is asked, and for how many seconds an answer is waited for."""

    ServiceToken: str
    ServiceTimeout: str | None = None


class AccessDeclared(_CustomResource):
    """What a deploy gives its custom resource: where the wanted access lies, and who the roles are."""

    Account: str
    Bucket: str
    Key: str
    Principals: dict[str, str]


class ClusterMade(_CustomResource):
    """What a deploy gives its custom resource once it has made a cluster of Kafka."""

    ClusterArn: str
