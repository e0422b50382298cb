"""The runs that read landed files: one after the other, and none for files that an earlier one has read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_stepfunctions import SFNClient

# The runs that this function starts have names that begin with this; those that people start have others.
PREFIX = "landed-after-"
# S3 tells times in whole seconds, and the clocks of two services may differ.
CLOCK_MARGIN = timedelta(seconds=10)


class _SentByAws(BaseModel):
    # AWS may add fields.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(_SentByAws):
    """A message of a queue."""

    id: str = Field(alias="messageId")
    body: str


class Queued(_SentByAws):
    """Messages of a queue, as Lambda's event source delivers them.

    Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS".
    """

    records: tuple[Message, ...] = Field(alias="Records")


class ObjectCreated(_SentByAws):
    """S3's event `Object Created`, as EventBridge delivers it.

    Source: Amazon S3 User Guide, "EventBridge event message structure".
    """

    detail_type: Literal["Object Created"] = Field(alias="detail-type")
    time: datetime


def landing_times(queued: Queued) -> dict[str, datetime]:
    """When the file of each message landed, without the messages that are no event of a file."""
    times = {}
    for message in queued.records:
        try:
            times[message.id] = ObjectCreated.model_validate_json(message.body).time
        except ValidationError:
            continue
    return times


@dataclass(frozen=True)
class FileRuns:
    """The executions of the machine that reads landed files.

    Such a run reads all files that are there when it starts, so a file that landed earlier needs no other one.
    """

    states: SFNClient
    machine_arn: str

    def start(self, landed: Mapping[str, datetime]) -> list[str]:
        """Start a run for files that no run has read, unless one is in progress, and return those that have to wait.

        Args:
            landed: When each file landed.
        """
        newest = self._newest()
        left = _landed_since(newest, landed, landed)
        if not left or self._is_busy():
            return left
        return _landed_since(self._start_after(newest), landed, left)

    def _newest(self) -> datetime | None:
        """The start of the newest run that this function started; Step Functions lists the newest executions first."""
        pages = self.states.get_paginator("list_executions").paginate(stateMachineArn=self.machine_arn)
        executions = (execution for page in pages for execution in page["executions"])
        return next((e["startDate"] for e in executions if e["name"].startswith(PREFIX)), None)

    def _is_busy(self) -> bool:
        """Whether an execution is in progress, whoever started it."""
        running = self.states.list_executions(stateMachineArn=self.machine_arn, statusFilter="RUNNING", maxResults=1)
        return bool(running["executions"])

    def _start_after(self, newest: datetime | None) -> datetime | None:
        """Start a run, and return when it started; None if the list of executions did not show the newest yet.

        All calls at one time give it the same name, that of the run before it, and Step Functions starts only one of
        a name: the others learn the start of that one. The first is named after the creation of the machine, so that
        no other machine over the same lake has had a run of that name.
        """
        after = newest or self.states.describe_state_machine(stateMachineArn=self.machine_arn)["creationDate"]
        try:
            started = self.states.start_execution(
                stateMachineArn=self.machine_arn, name=f"{PREFIX}{after:%Y%m%dT%H%M%S}", input="{}"
            )
        except self.states.exceptions.ExecutionAlreadyExists:
            return None
        return started["startDate"]


def _landed_since(start: datetime | None, landed: Mapping[str, datetime], ids: Iterable[str]) -> list[str]:
    """The files that a run with this start may not have seen."""
    return [id_ for id_ in ids if start is None or landed[id_] + CLOCK_MARGIN >= start]
