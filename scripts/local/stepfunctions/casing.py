"""Arguments and results of service tasks: PascalCase in the state machine, the API's own casing for the service.

What moto 5.2.5 does differently: it passes arguments and results on unchanged, and silently drops arguments that it
does not know.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.response import StreamingBody
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask

from scripts.local import shapes
from scripts.local.api_models import operation
from scripts.local.patching import once
from scripts.local.stepfunctions.context import timestamp
from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel
    from moto.stepfunctions.parser.asl.eval.environment import Environment


def _operation(task: StateTaskService, service: str | None, action: str | None) -> OperationModel | None:
    try:
        return operation(task._get_boto_service_name(service), task._get_boto_service_action(action))
    except KeyError:
        return None


def _normalise_parameters(
    self: StateTaskService,
    parameters: dict[str, Any],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    model = _operation(self, boto_service_name, service_action_name)
    if model is None or model.input_shape is None:
        return
    request = shapes.to_request(model.input_shape, parameters)
    parameters.clear()
    parameters.update(request)


def _normalise_response(
    self: StateTaskService,
    response: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    model = _operation(self, boto_service_name, service_action_name)
    if model is None or not isinstance(response, dict):
        return
    result = plain(shapes.to_pascal(model.output_shape, response))
    response.clear()
    response.update(result)


def plain(value: Any) -> Any:
    """A result as JSON values: times as text, streams as their content."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, StreamingBody):
        return value.read().decode()
    return value


def _refusing(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def eval_parameters(self: StateTask, env: Environment) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self.parargs is not None:
            self.parargs.eval(env=env)
            given = env.stack[-1]
            env.stack.pop()
        known = self._get_supported_parameters()
        unknown = sorted(set(given) - set(known)) if known else []
        if unknown:
            raise TerminalError(
                f"state {self.name!r}: {self.resource.resource_arn} does not take {', '.join(unknown)}",
                given=", ".join(unknown),
                expected="some of " + ", ".join(sorted(known)),
                mend="correct the Arguments of the state",
            )
        return given

    return eval_parameters


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    StateTaskService._normalise_parameters = _normalise_parameters
    StateTaskService._normalise_response = _normalise_response
    once(StateTask, "_eval_parameters", _refusing)
