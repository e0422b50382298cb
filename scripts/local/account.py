"""An AWS account on this machine: moto's CloudFormation, Step Functions, EMR Serverless and what they need.

with LocalAccount(SparkDriver(settings)) as account:
    outputs = account.deploy(Path("cdk.out"), "lakewright-local")
    execution = account.start(machine_arn, {}, name="run-1")
    for event in account.events(execution): ...
"""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError
from moto.core.base_backend import BackendDict
from moto.core.models import botocore_stubber
from moto.server import ThreadedMotoServer

from scripts.local import assembly, emr, executions, patches
from scripts.local.clients import REGION, client
from scripts.local.streams import thread_streams
from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.local.executions import Event, Outcome
    from scripts.local.job_runs import JobRunner

HOST = "127.0.0.1"
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    # With either, calls would go to addresses that the local account does not answer.
    "AWS_USE_FIPS_ENDPOINT": "false",
    "AWS_USE_DUALSTACK_ENDPOINT": "false",
}
_UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CA_BUNDLE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
_ENDPOINT_OF_A_SERVICE = "AWS_ENDPOINT_URL_"


class LocalAccount:
    """The account, open inside a `with` block; a process can have one at a time.

    Example:
        with LocalAccount(SparkDriver(settings)) as account:
            outputs = account.deploy(Path("cdk.out"), "lakewright-local")
            execution = account.start(machine_arn, {}, name="run-1")
            for event in account.events(execution): ...

    Args:
        runner: Runs the EMR Serverless job runs.
        port: The port for other processes; 0 takes a free port, None serves this process only.
    """

    def __init__(self, runner: JobRunner | None = None, *, port: int | None = 0) -> None:
        self._runner, self._port = runner or emr.NoRunner(), port
        self._desk: emr.Desk | None = None
        self._stack = ExitStack()
        self.endpoint: str | None = None

    def __enter__(self) -> Self:
        """Open the account, empty."""
        patches.install()
        self._stack.enter_context(_quiet())
        self._stack.enter_context(thread_streams())
        self._stack.enter_context(_answered_here())
        self._desk = emr.use(self._runner)
        self._stack.callback(self._desk.cancel_all)
        if self._port is not None:
            self.endpoint = self._stack.enter_context(_served(self._port))
        self._stack.enter_context(variables(self.environment))
        self._stack.callback(executions.stop_all, "the account was closed")
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop what runs, close the port, and discard everything."""
        self._stack.close()

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that another process needs to reach the account."""
        endpoint = {"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {}
        return {**_CREDENTIALS, **endpoint, **_past_proxies()}

    def deploy(self, assembly_dir: Path, stack: str) -> dict[str, str]:
        """Upload the assets of a cloud assembly's stack, create the stack, and return its outputs.

        Raises:
            TerminalError: the assembly or a template has something that the local account does not support.
        """
        artifact = assembly.read_stack(assembly_dir, stack)
        assembly.bootstrap(artifact)
        assembly.upload_assets(artifact)
        service = client("cloudformation")
        try:
            service.create_stack(
                StackName=artifact.name,
                TemplateURL=_template_url(artifact),
                Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in artifact.parameters.items()],
                Tags=[{"Key": k, "Value": v} for k, v in artifact.tags.items()],
            )
        except ClientError as error:
            # The message already has the four parts of a TerminalError: the local CloudFormation wrote them.
            raise TerminalError(error.response["Error"]["Message"]) from error
        found = service.describe_stacks(StackName=artifact.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def start(self, machine_arn: str, given: dict[str, Any], *, name: str) -> str:
        """Start an execution of a state machine and return its ARN."""
        return executions.start(machine_arn, given, name)

    def events(self, execution_arn: str) -> Iterator[Event]:
        """Yield the events of an execution as they happen, until it has ended."""
        return executions.events(execution_arn)

    def wait(self, execution_arn: str) -> Outcome:
        """Wait until an execution has ended."""
        return executions.wait(execution_arn)

    def stop(self, execution_arn: str, cause: str = "stopped by its user") -> Outcome:
        """Stop an execution; its job runs are cancelled with it."""
        return executions.stop(execution_arn, cause)


def _past_proxies() -> dict[str, str]:
    """The variables that keep calls to this machine from going to a proxy; a program reads one name or the other."""
    names = ("no_proxy", "NO_PROXY")
    known = [host.strip() for name in names for host in os.environ.get(name, "").split(",") if host.strip()]
    # A star on its own means every host; among other names it means nothing.
    hosts = {"*": None} if set(known) == {"*"} else dict.fromkeys([*known, HOST, "localhost"])
    return dict.fromkeys(names, ",".join(hosts))


def _template_url(artifact: assembly.StackArtifact) -> str:
    """Put a template into a bucket and return its URL: with a thousand tables it is too large for a request."""
    bucket = "local-templates"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key=artifact.template.name, Body=artifact.template.read_bytes())
    return f"https://{bucket}.s3.amazonaws.com/{artifact.template.name}"


@contextmanager
def _answered_here() -> Iterator[None]:
    """Let moto answer the AWS calls of this process, from an empty account."""
    if botocore_stubber.enabled:
        raise TerminalError(
            "another local account is open in this process",
            expected="one LocalAccount at a time, and none inside mock_aws",
            mend="leave the other one first",
        )
    BackendDict.reset()
    botocore_stubber.enabled = True
    try:
        yield
    finally:
        botocore_stubber.enabled = False
        BackendDict.reset()


@contextmanager
def _served(port: int) -> Iterator[str]:
    """Serve the account to other processes on this machine, and yield the endpoint."""
    server = ThreadedMotoServer(ip_address=HOST, port=port, verbose=False)
    server.start()
    try:
        bound = server.get_host_and_port()[1]
        with variables({"MOTO_PORT": str(bound)}):
            yield f"http://{HOST}:{bound}"
    finally:
        server.stop()


@contextmanager
def variables(wanted: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the block, and unset those that choose a profile or an endpoint of the user's."""
    unset = [*_UNSET, *(name for name in os.environ if name.startswith(_ENDPOINT_OF_A_SERVICE))]
    before = {name: os.environ.get(name) for name in (*wanted, *unset)}
    for name in unset:
        os.environ.pop(name, None)
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep log lines of server and interpreter off the terminal: what matters is in events and errors."""
    loggers = [logging.getLogger(name) for name in ("werkzeug", "moto", "moto.stepfunctions")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
