"""The inputs of the state machines, and the events and answers that they and Lambdas exchange."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.jobs import RUN_ID, Colour, Replay, Status, Step, Window
from shared.names import Machine

# The source of the lake's own events on the account's event bus.
EVENT_SOURCE = "lakewright"
SCHEMA_DRIFTED = "Source Schema Drifted"
BECAME_LATE = "Tables Late"
# The custom resource by which a deploy declares who may see what.
DECLARED_ACCESS = "Custom::DeclaredAccess"
# The custom resource that gives a deploy the addresses of a Kafka cluster's brokers, and its attribute with them.
CLUSTER_BROKERS = "Custom::ClusterBrokers"
BOOTSTRAP_SERVERS = "BootstrapServers"


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunRequest(_Event):
    """The input of a machine; `{}` is the ordinary run of today.

    Without `tables`, the run works on all tables of the machine.

    Attributes:
        business_date: The business date; None is the day of the start.
        tables: Selectors of the tables to work on.
        replay: The refused rows of a table to read again; the table must be among those selected.
        window: The part of the sources to read again.
        rollback: The run to whose end maintenance restores the tables.
        schedule: The schedule that started the machine; None for a run started by hand, which is never a duplicate.
        scheduled_time: The time of that start. Both identify a start, so that one delivered twice makes one run.
    """

    business_date: date | None = None
    tables: tuple[str, ...] = ()
    replay: Replay | None = None
    window: Window | None = None
    rollback: str | None = Field(default=None, pattern=RUN_ID)
    schedule: str | None = None
    scheduled_time: str | None = None

    @model_validator(mode="after")
    def _backfills_read_nothing_else(self) -> Self:
        if self.window and self.replay:
            raise ValueError("a run with a window reads no refused rows; start two runs")
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
    """The event that a machine was started."""

    request: RunRequest
    execution: Execution
    machine: Machine

    @model_validator(mode="after")
    def _asks_the_right_machine(self) -> Self:
        asked, is_upkeep = self.request, self.machine is Machine.MAINTENANCE
        if asked.rollback and not is_upkeep:
            raise ValueError(f"rollback asks {self.machine} for what {Machine.MAINTENANCE} does; start that machine")
        if is_upkeep and (asked.replay or asked.window):
            raise ValueError(f"{self.machine} reads no source: replay and window are for the other machines")
        return self

    @property
    def business_date(self) -> date:
        """The requested day, or the day of the start in UTC."""
        return self.request.business_date or self.execution.started_on


class RunAccepted(_Event):
    """What a run works on, and whether it is the duplicate of another execution's run."""

    duplicate: bool
    business_date: date
    tables: tuple[str, ...]
    replay: Replay | None = None
    window: Window | None = None
    rollback: str | None = None


class SchemaDrifted(_Event):
    """The columns of a source are no longer those of its contract. The event holds names, and no values.

    Attributes:
        env: The environment.
        run_id: The run that found it.
        table: The bronze table.
        system: The source system.
        object: The table, topic or files there.
        schema_contract: What the contract wants done with columns it does not know.
        unknown: How many rows have a value in each column that the contract does not know.
        refused: The error of a table that was left as it was, since it could not be read because of its columns.
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
    """EventBridge's event that it is time to check whether tables are late."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    time: datetime


class LateTable(_Event):
    """A table that is older than its contract promises; `as_of` is None if no run says how old it is."""

    table: str
    promised_seconds: int
    as_of: datetime | None


class TablesLate(_Event):
    """Tables that have become older than promised since the last check."""

    env: str
    tables: tuple[LateTable, ...]


class StepsFinished(_Event):
    """The event that steps of a run have ended.

    Attributes:
        run_id: The run.
        steps: The steps to judge.
        attempts: The attempt of each step whose job run succeeded; a step without one failed or did not run.
        crashes: The tasks that failed, in words.
    """

    run_id: str
    steps: tuple[Step, ...]
    attempts: dict[Step, str]
    crashes: tuple[str, ...] = ()


class RunVerdict(_Event):
    """The result of some steps of a run.

    Attributes:
        colour: Green if every step left its summary and no table failed or was skipped.
        open: Whether every step left its summary, so that the next step can tell which tables to skip.
        failed: The first failures, in words.
        counts: The number of tables, by step and status.
    """

    colour: Colour
    open: bool
    failed: tuple[str, ...]
    counts: dict[Step, dict[Status, int]]


class _CustomResource(_Event):
    """The properties of every custom resource: the function that answers, and how many seconds to wait for it."""

    ServiceToken: str
    ServiceTimeout: str | None = None


class AccessDeclared(_CustomResource):
    """The properties of `Custom::DeclaredAccess`: the file with the wanted access, and the ARN of each role."""

    Account: str
    Bucket: str
    Key: str
    Principals: dict[str, str]


class ClusterMade(_CustomResource):
    """The properties of `Custom::ClusterBrokers`: the Kafka cluster that the deploy has made."""

    ClusterArn: str
