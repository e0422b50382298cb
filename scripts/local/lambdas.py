"""Runs Lambda functions in this process, from the checkout.

A function's `Handler` names the module and function (`lambdas.on_step_finished.handler.handler`). Its environment
variables are set in `os.environ` during the call, so calls are made one at a time. What moto 5.2.5 does differently:
it starts a container.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import traceback
import uuid
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaFunction

from scripts.local.streams import captured
from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A laptop does other work at the same time: a call times out after so many times the function's timeout.
PATIENCE = 3
# Reentrant: a handler may call another function.
_CALLING = threading.RLock()


class Context:
    """The context object of a call, with everything that Powertools reads."""

    client_context = None
    identity = None

    def __init__(self, function: LambdaFunction) -> None:
        self.function_name = function.function_name
        self.function_version = str(function.version)
        self.invoked_function_arn = function.function_arn
        self.memory_limit_in_mb = str(function.memory_size)
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = function.logs_group_name
        self.log_stream_name = self.aws_request_id
        self._timeout, self._began = float(function.timeout), monotonic()

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left before the function's timeout."""
        return max(0, round((self._began + self._timeout - monotonic()) * 1000))

    @property
    def is_over(self) -> bool:
        """Whether the call has taken so long that it would have timed out on AWS, too."""
        return monotonic() - self._began > PATIENCE * self._timeout


def _invoke(self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
    """Call the handler, and return its answer as JSON, whether it failed, and what it printed."""
    with _CALLING, _environment(self), captured() as printed:
        answer, failed = _answer(self, json.loads(event) if isinstance(event, str) else event or {})
    self.logs_backend.ensure_log_group(self.logs_group_name)
    self.save_logs(printed.getvalue())
    return answer, failed, printed.getvalue()


def _answer(function: LambdaFunction, event: Any) -> tuple[str, bool]:
    """Call the handler, and return its result, its error or a timeout as JSON, and whether it failed."""
    context = None
    try:
        handler, context = _load(function), Context(function)
        text, failed = json.dumps(handler(event, context)), False
    except Exception as error:  # noqa: BLE001 - every error of a handler is an answer, as on AWS
        trace = traceback.format_exc()
        print(trace)  # noqa: T201 - into the function's log
        answer = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace.splitlines()}
        text, failed = json.dumps(answer), True
    if context is None or not context.is_over:
        return text, failed
    said = f"RequestId: {context.aws_request_id} Error: Task timed out after {float(function.timeout):.2f} seconds"
    print(said)  # noqa: T201 - as above
    return json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": said}), True


def _load(function: LambdaFunction) -> Callable[[Any, Any], Any]:
    """Import the handler, once per created function: its modules read their environment when they are imported.

    Raises:
        TerminalError: the checkout has no such module or function.
    """
    loaded = getattr(function, "_loaded_handler", None)
    if loaded is None:
        module, _, name = function.handler.rpartition(".")
        package = module.rpartition(".")[0]
        for stale in [known for known in sys.modules if package and f"{known}.".startswith(f"{package}.")]:
            del sys.modules[stale]
        try:
            loaded = function._loaded_handler = getattr(importlib.import_module(module), name)
        except (ModuleNotFoundError, AttributeError, ValueError) as error:
            raise TerminalError(
                f"function {function.function_name}: its handler was not found in the checkout ({error})",
                given=function.handler,
                expected="lambdas.<folder>.handler.handler",
                mend="correct the Handler of the function, or the module it names",
            ) from error
    return loaded


@contextmanager
def _environment(function: LambdaFunction) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update({key: str(value) for key, value in function.environment_vars.items()})
    os.environ.update(
        AWS_LAMBDA_FUNCTION_NAME=function.function_name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(function.memory_size),
        AWS_LAMBDA_FUNCTION_VERSION=str(function.version),
        AWS_LAMBDA_LOG_GROUP_NAME=function.logs_group_name,
        AWS_REGION=function.region,
        AWS_DEFAULT_REGION=function.region,
        _HANDLER=function.handler,
    )
    try:
        yield
    finally:
        # Other threads read the environment at the same time, so it is never emptied.
        for added in set(os.environ) - set(before):
            del os.environ[added]
        os.environ.update(before)


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    LambdaFunction._invoke_lambda = _invoke
