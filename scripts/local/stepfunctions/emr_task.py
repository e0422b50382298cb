"""The service integration `arn:aws:states:::emr-serverless:*`, with `.sync`; moto 5.2.5 does not have it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ParamValidationError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from scripts.local import shapes
from scripts.local.api_models import operation
from scripts.local.clients import client
from scripts.local.patching import once
from scripts.local.pauses import growing
from scripts.local.stepfunctions.casing import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
        StateTaskService,
    )
    from moto.stepfunctions.parser.asl.eval.environment import Environment

LONGEST_PAUSE_SECONDS = 0.25
_SERVICE = "emr-serverless"
_ACTIONS = {"startjobrun", "canceljobrun", "createapplication", "startapplication", "stopapplication"}
_ENDED_BADLY = frozenset({"FAILED", "CANCELLED"})


class EmrServerlessTask(StateTaskServiceCallback):
    """Starts job runs and, with `.sync`, waits for their end."""

    def __init__(self) -> None:
        super().__init__({ResourceCondition.Sync})

    def _validate_service_integration_is_supported(self) -> None:
        super()._validate_service_integration_is_supported()
        condition, sync = self.resource.condition, self.resource.api_action.lower() == "startjobrun"
        if condition is not None and not (condition == ResourceCondition.Sync and sync):
            raise ValueError(
                f"{self.resource.resource_arn} is not supported; expected emr-serverless:startJobRun[.sync]"
            )

    def _get_supported_parameters(self) -> set[str] | None:
        action = self.resource.api_action
        if action.lower() not in _ACTIONS:
            return None
        return {shapes.pascal(name) for name in operation(_SERVICE, action).input_shape.members}

    def _from_error(self, env: Environment, ex: Exception) -> FailureEvent:
        if isinstance(ex, ClientError):
            name = f"EMRServerless.{ex.response['Error']['Code']}"
            return self.failed(env, CustomErrorName(name), ex.response["Error"]["Message"])
        if isinstance(ex, ParamValidationError):
            return self.failed(env, CustomErrorName("EMRServerless.ValidationException"), str(ex))
        return super()._from_error(env, ex)

    def failed(self, env: Environment, error: ErrorName, cause: str) -> FailureEvent:
        """The event of a failed task."""
        details = TaskFailedEventDetails(
            resource=self._get_sfn_resource(),
            resourceType=self._get_sfn_resource_type(),
            error=error.error_name,
            cause=cause,
        )
        return FailureEvent(
            env=env,
            error_name=error,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )

    def _eval_service_task(
        self,
        env: Environment,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        call = getattr(client(_SERVICE, resource_runtime_part.region), self._get_boto_service_action())
        answer = call(**normalised_parameters)
        answer.pop("ResponseMetadata", None)
        env.stack.append(answer)

    def _eval_integration_pattern(
        self,
        env: Environment,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        started = env.stack.pop()
        waiting = _Waiting(self, env, resource_runtime_part.region, started["ApplicationId"], started["JobRunId"])
        run, pauses = None, growing(LONGEST_PAUSE_SECONDS)
        while run is None and env.is_running():
            run = waiting.look()
            time.sleep(0 if run else next(pauses))
        if run is None:
            # The task was stopped or timed out: its job run is cancelled with it, as on AWS.
            waiting.cancel()
        env.stack.append(run)


class _Waiting:
    """Waits for the end of one job run.

    All items of a Map share the task object, so what belongs to one run is kept here.
    """

    _shape = operation(_SERVICE, "get_job_run").output_shape.members["jobRun"]

    def __init__(self, task: EmrServerlessTask, env: Environment, region: str, application: str, job_run: str) -> None:
        self._task, self._env, self._service = task, env, client(_SERVICE, region)
        self._ids = {"applicationId": application, "jobRunId": job_run}

    def look(self) -> dict[str, Any] | None:
        """The job run if it has succeeded; None while it has not ended.

        Raises:
            FailureEventException: it has failed or was cancelled.
        """
        run: dict[str, Any] = plain(shapes.to_pascal(self._shape, self._service.get_job_run(**self._ids)["jobRun"]))
        if run["State"] in _ENDED_BADLY:
            error = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
            raise FailureEventException(self._task.failed(self._env, error, json.dumps(run)))
        return run if run["State"] == "SUCCESS" else None

    def cancel(self) -> None:
        """Cancel the job run."""
        self._service.cancel_job_run(**self._ids)


def _with_emr_serverless(original: Callable[[str], StateTaskService]) -> Callable[[str], StateTaskService]:
    def state_task_service_for(service_name: str) -> StateTaskService:
        return EmrServerlessTask() if service_name == _SERVICE else original(service_name)

    return state_task_service_for


def install() -> None:
    """Add the integration to moto's own; a second call changes nothing."""
    once(state_task_factory, "state_task_service_for", _with_emr_serverless)
