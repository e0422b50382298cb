"""Starts, watches, awaits and stops executions of state machines."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from scripts.local.clients import client
from scripts.local.pauses import growing
from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_PAUSE_SECONDS = 0.5
_LAST_MOMENT_SECONDS = 5.0


class Status(StrEnum):
    """The status of an execution, as Step Functions names it."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


class Happening(StrEnum):
    """The kinds of events that a progress view shows."""

    ENTERED = "entered"
    EXITED = "exited"
    FAILED = "failed"
    ENDED = "ended"


@dataclass(frozen=True)
class Event:
    """One event of an execution.

    Attributes:
        happening: What happened.
        state: The state; empty for the end of the execution.
        at: When it happened.
        seconds: The seconds since the execution's start.
        error: The error's name, for failures.
        cause: The error's cause, for failures.
    """

    happening: Happening
    state: str
    at: datetime
    seconds: float
    error: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Outcome:
    """How an execution ended."""

    status: Status
    output: Any = None
    error: str = ""
    cause: str = ""


def start(machine_arn: str, given: dict[str, Any], name: str) -> str:
    """Start an execution and return its ARN.

    Raises:
        TerminalError: the name was used before, or the machine is unknown.
    """
    service = client("stepfunctions")
    try:
        answer = service.start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(given))
    except service.exceptions.ClientError as error:
        raise TerminalError(
            f"the execution {name} could not be started",
            given=machine_arn,
            expected=str(error),
            mend="choose another name, or a machine that is deployed",
        ) from error
    return str(answer["executionArn"])


def outcome(execution_arn: str) -> Outcome:
    """The current status of an execution, with output or error if it has ended."""
    found = client("stepfunctions").describe_execution(executionArn=execution_arn)
    output = json.loads(found["output"]) if "output" in found else None
    return Outcome(Status(found["status"]), output, found.get("error", ""), found.get("cause", ""))


def events(execution_arn: str) -> Iterator[Event]:
    """Yield the events of an execution as they happen, until it has ended."""
    service = client("stepfunctions")
    seen, pauses = 0, growing(_LONGEST_PAUSE_SECONDS)
    while True:
        ended = outcome(execution_arn).status is not Status.RUNNING
        history = service.get_execution_history(executionArn=execution_arn)["events"]
        yield from _new_events(history, seen)
        if ended:
            return
        if len(history) > seen:
            seen, pauses = len(history), growing(_LONGEST_PAUSE_SECONDS)
        time.sleep(next(pauses))


def wait(execution_arn: str) -> Outcome:
    """Wait until an execution has ended."""
    pauses = growing(_LONGEST_PAUSE_SECONDS)
    while (found := outcome(execution_arn)).status is Status.RUNNING:
        time.sleep(next(pauses))
    return found


def begun(execution_arn: str, starter_arn: str) -> bool:
    """Wait until an execution has begun that another one starts; return False if the other ends without starting it."""
    service, pauses = client("stepfunctions"), growing(_LONGEST_PAUSE_SECONDS)
    while True:
        is_last_look = outcome(starter_arn).status is not Status.RUNNING
        try:
            service.describe_execution(executionArn=execution_arn)
        except service.exceptions.ExecutionDoesNotExist:
            if is_last_look:
                return False
            time.sleep(next(pauses))
        else:
            return True


def stop(execution_arn: str, cause: str) -> Outcome:
    """Stop an execution, which cancels the job runs that it waits for, and wait for its end."""
    client("stepfunctions").stop_execution(executionArn=execution_arn, error="Stopped", cause=cause)
    return wait(execution_arn)


def stop_all(cause: str) -> None:
    """Stop every running execution, and wait a few seconds for them to end."""
    service = client("stepfunctions")
    machines = [machine["stateMachineArn"] for machine in service.list_state_machines()["stateMachines"]]
    running = [
        execution["executionArn"]
        for machine in machines
        for execution in service.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    ]
    for execution in running:
        service.stop_execution(executionArn=execution, error="Stopped", cause=cause)
    deadline, pauses = time.monotonic() + _LAST_MOMENT_SECONDS, growing(_LONGEST_PAUSE_SECONDS)
    while any(outcome(arn).status is Status.RUNNING for arn in running) and time.monotonic() < deadline:
        time.sleep(next(pauses))


def _new_events(history: list[dict[str, Any]], seen: int) -> Iterator[Event]:
    """The events after the first `seen` that a progress view shows."""
    states: dict[int, str] = {}
    for index, event in enumerate(history):
        details = next((value for key, value in event.items() if key.endswith("EventDetails")), None) or {}
        before = states.get(event.get("previousEventId", 0), "")
        kind = event["type"]
        is_state = kind.endswith(("StateEntered", "StateExited"))
        states[event["id"]] = details.get("name", "") if is_state else before
        happening = _happening(kind)
        if index >= seen and happening is not None:
            yield Event(
                happening=happening,
                state="" if happening is Happening.ENDED else states[event["id"]],
                at=event["timestamp"],
                seconds=(event["timestamp"] - history[0]["timestamp"]).total_seconds(),
                error=details.get("error") or "",
                cause=details.get("cause") or "",
            )


def _happening(kind: str) -> Happening | None:
    if kind.endswith("StateEntered"):
        return Happening.ENTERED
    if kind.endswith("StateExited"):
        return Happening.EXITED
    if kind.startswith("Execution"):
        return None if kind == "ExecutionStarted" else Happening.ENDED
    return Happening.FAILED if kind.endswith(("Failed", "TimedOut")) else None
