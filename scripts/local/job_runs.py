"""A job run as a runner sees it: it gets arguments and environment, and returns an exit code and the log's end."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

_DRIVER_ENVIRONMENT = "spark.emr-serverless.driverEnv."
TAIL_CHARACTERS = 4000


@dataclass(frozen=True)
class JobRun:
    """One job run, as the service hands it to a runner."""

    id: str
    name: str
    application_id: str
    entry_point: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobResult:
    """How a job run ended: its exit code, 0 for success, and the end of its log."""

    exit_code: int
    tail: str = ""


class JobRunner(Protocol):
    """Runs job runs.

    Attributes:
        parallel: How many it runs at a time; the service keeps the others waiting.
    """

    parallel: int

    def run(self, job_run: JobRun) -> JobResult:
        """Run one to its end; called in a separate thread."""

    def cancel(self, job_run_id: str) -> None:
        """Make the `run` of this job run return soon; do nothing if it is not running."""


def job_run_of(job_run_id: str, request: dict[str, Any]) -> JobRun:
    """The job run of a StartJobRun request."""
    submit = request.get("jobDriver", {}).get("sparkSubmit", {})
    return JobRun(
        id=job_run_id,
        name=request.get("name") or job_run_id,
        application_id=request["applicationId"],
        entry_point=submit.get("entryPoint", ""),
        arguments=[str(argument) for argument in submit.get("entryPointArguments", [])],
        environment=driver_environment(submit.get("sparkSubmitParameters", "")),
    )


def driver_environment(spark_submit_parameters: str) -> dict[str, str]:
    """The environment variables that options `--conf spark.emr-serverless.driverEnv.X=Y` set for the driver."""
    words = shlex.split(spark_submit_parameters or "")
    confs = [value for word, value in pairwise(words) if word == "--conf"]
    pairs = (conf.removeprefix(_DRIVER_ENVIRONMENT).partition("=") for conf in confs if _DRIVER_ENVIRONMENT in conf)
    return {name: value for name, _, value in pairs}
