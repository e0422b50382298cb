"""The context object, `$states.context`, with the names and formats of AWS.

What moto 5.2.5 does differently: inside a Map the item is lost as soon as a task begins, times are in Python's format
(`+00:00`, microseconds, or a datetime), `Execution.RedriveCount` is missing, an execution without a name is called
None, and stopping an execution in its first moment fails.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from scripts.local.patching import once

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_MOMENT_SECONDS = 5.0


def timestamp(moment: datetime) -> str:
    """A time in the format of the context object: `2026-11-23T06:18:00.123Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


class _State(dict[str, Any]):
    """The context's `State`, created when a state is entered, with its time in AWS's format."""

    def __init__(self, *, EnteredTime: str, Name: str) -> None:  # noqa: N803 - the names of the context object
        super().__init__(EnteredTime=timestamp(datetime.fromisoformat(EnteredTime)), Name=Name)


def _with_item(original: Callable[..., Environment]) -> Callable[..., Environment]:
    def as_inner_frame_of(cls: type[Environment], env: Environment, *args: Any, **named: Any) -> Environment:
        frame = original.__func__(cls, env, *args, **named)  # type: ignore[attr-defined]
        context = env.states.context_object.context_object_data
        if "Map" in context:
            frame.states.context_object.context_object_data["Map"] = context["Map"]
        return frame

    return classmethod(as_inner_frame_of)  # type: ignore[return-value]


def _with_redrives(original: Callable[..., Environment]) -> Callable[..., Environment]:
    def environment(self: ExecutionWorker) -> Environment:
        env = original(self)
        execution = env.states.context_object.context_object_data["Execution"]
        execution["StartTime"] = timestamp(execution["StartTime"])
        execution["RedriveCount"] = 0
        return env

    return environment


def _named(original: Callable[..., Any]) -> Callable[..., Any]:
    def start_execution(
        self: StepFunctionsParserBackend, state_machine_arn: str, name: str | None = None, *args: Any, **named: Any
    ) -> Any:
        return original(self, state_machine_arn, name or str(uuid.uuid4()), *args, **named)

    return start_execution


def _patient(original: Callable[..., None]) -> Callable[..., None]:
    def stop(self: ExecutionWorker, *args: Any, **named: Any) -> None:
        deadline = time.monotonic() + _FIRST_MOMENT_SECONDS
        while (self.env is None or self.env._program_state is None) and time.monotonic() < deadline:
            time.sleep(0.01)
        original(self, *args, **named)

    return stop


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    state.StateData = _State
    once(Environment, "as_inner_frame_of", _with_item)
    once(ExecutionWorker, "_get_evaluation_environment", _with_redrives)
    once(ExecutionWorker, "stop", _patient)
    once(StepFunctionsParserBackend, "start_execution", _named)
