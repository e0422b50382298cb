"""The service integration `states:startExecution`: an execution that a task waits for is stopped with the task.

What moto 5.2.5 does differently: it lets the execution continue when the task is stopped or times out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)

from scripts.local.clients import client

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.environment import Environment


def _eval_integration_pattern(
    self: StateTaskServiceSfn,
    env: Environment,
    resource_runtime_part: Any,
    normalised_parameters: dict[str, Any],
    state_credentials: Any,
) -> None:
    execution = env.stack[-1]["ExecutionArn"]
    StateTaskServiceCallback._eval_integration_pattern(
        self, env, resource_runtime_part, normalised_parameters, state_credentials
    )
    if not env.is_running():
        service = client("stepfunctions", resource_runtime_part.region)
        service.stop_execution(executionArn=execution, error="Stopped", cause="the task that waited for it ended")


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    StateTaskServiceSfn._eval_integration_pattern = _eval_integration_pattern
