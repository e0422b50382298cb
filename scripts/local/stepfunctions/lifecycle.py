"""How executions run and end.

What moto 5.2.5 does differently: it creates a new client for every call, reports a task as succeeded after its
execution was stopped, forgets why it was stopped, reports an execution as failed that was stopped inside a Map, and as
succeeded before its output is there, returns a text output without its quotes and a null output not at all, and runs
nothing unless it is configured to.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.stepfunctions import responses
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

from scripts.local.clients import client
from scripts.local.patching import once

if TYPE_CHECKING:
    from collections.abc import Callable

_STATUS = {
    ProgramEnded: ExecutionStatus.SUCCEEDED,
    ProgramError: ExecutionStatus.FAILED,
    ProgramStopped: ExecutionStatus.ABORTED,
    ProgramTimedOut: ExecutionStatus.TIMED_OUT,
}


def _backend(account: str, region: str) -> StepFunctionsParserBackend:
    return stepfunctions_parser_backends[account][region]


def _client(region: str, service: str, state_credentials: Any = None) -> Any:
    return client(service, region)


def _while_running(original: Callable[..., None]) -> Callable[..., None]:
    def after_eval_execution(self: StateTaskService, env: Environment, *args: Any, **named: Any) -> None:
        if env.is_running():
            original(self, env, *args, **named)

    return after_eval_execution


def _unless_stopped(original: Callable[..., None]) -> Callable[..., None]:
    def set_error(self: Environment, error: Any) -> None:
        if not isinstance(self.program_state(), ProgramStopped):
            original(self, error)

    return set_error


def _reflect(self: BaseExecutionWorkerCommunication) -> None:
    """Record how an execution ended; its status is set last, since a waiting client looks at it."""
    execution, state = self.execution, self.execution.exec_worker.env.program_state()
    execution.stop_date = datetime.now(UTC)
    if isinstance(state, ProgramEnded):
        execution.output = json.dumps(execution.exec_worker.env.states.get_input(), default=str)
    if isinstance(state, ProgramError):
        execution.error, execution.cause = state.error.get("error"), state.error.get("cause")
    if isinstance(state, ProgramStopped):
        execution.error, execution.cause = state.error, state.cause
    execution.exec_status = _STATUS[type(state)]


def _stop_execution(self: responses.StepFunctionResponse) -> ActionResult:
    now = datetime.now(UTC)
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    execution.stop(stop_date=now, error=self._get_param("error"), cause=self._get_param("cause"))
    return ActionResult({"stopDate": now})


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    responses.get_backend = _backend
    responses.StepFunctionResponse.stop_execution = _stop_execution
    BaseExecutionWorkerCommunication._reflect_execution_status = _reflect
    once(StateTaskService, "_after_eval_execution", _while_running)
    once(Environment, "set_error", _unless_stopped)
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.") and hasattr(module, "boto_client_for"):
            module.boto_client_for = _client
