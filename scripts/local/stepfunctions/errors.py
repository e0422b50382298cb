"""Error names, and which of them a Retry or Catch matches.

What moto 5.2.5 does differently: an error of the interpreter inside a Map or Parallel is hidden by another error about
its name; `States.ALL` matches errors that it does not match on AWS; errors of `aws-sdk` tasks have lower-case service
names.
Source: Step Functions developer guide, "Handling errors": `States.Runtime` and `States.DataLimitExceeded` are not
caught by `States.ALL`; `States.TaskFailed` matches any error but `States.Timeout`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.environment import Environment

_NOT_CAUGHT = frozenset({"States.Runtime", "States.DataLimitExceeded"})
_SERVICES = {
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDb",
    "emrserverless": "EmrServerless",
    "eventbridge": "EventBridge",
    "glue": "Glue",
    "lambda": "Lambda",
    "s3": "S3",
    "secretsmanager": "SecretsManager",
    "sfn": "Sfn",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
}


def matches(names: list[str], error: str | None) -> bool:
    """Whether a Retry or Catch with these names matches the error."""
    if error in names:
        return True
    if error in _NOT_CAUGHT:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def _eval_body(self: ErrorEqualsDecl, env: Environment) -> None:
    error = env.stack.pop()
    names = [str(name.error_name) for name in self.error_names]
    env.stack.append(matches(names, error.error_name if error is not None else None))


def _any_name(self: CustomErrorName, error_name: str | None) -> None:
    self.error_name = error_name


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    ErrorEqualsDecl._eval_body = _eval_body
    CustomErrorName.__init__ = _any_name
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES.update(_SERVICES)
