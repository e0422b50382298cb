"""What a job run is to whoever runs it: its arguments and environment in, its exit code and the end of its log out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

_DRIVER_ENVIRONMENT = "spark.emr-serverless.driverEnv."
TAIL_CHARACTERS = 4000


@dataclass(frozen=True)
class JobRun:
    """One job run, as the service hands it over."""

    id: str
    name: str
    application_id: str
    entry_point: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobResult:
    """How a job run ended; exit code 0 is success."""

    exit_code: int
    tail: str = ""


class JobRunner(Protocol):
    """Runs job runs.

    Attributes:
        parallel: How many it runs at a time; the service keeps the others waiting.
    """

    parallel: int

    def run(self, job_run: JobRun) -> JobResult:
        """Run one to its end; called in a thread of its own."""

    def cancel(self, job_run_id: str) -> None:
        """Make `run` of this one return soon; nothing if it is not running."""


def job_run_of(job_run_id: str, request: dict[str, Any]) -> JobRun:
    """A job run from a StartJobRun request."""
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
    """The environment variables that `--conf spark.emr-serverless.driverEnv.X=Y` gives the driver."""
    words = shlex.split(spark_submit_parameters or "")
    confs = [value for word, value in pairwise(words) if word == "--conf"]
    pairs = (conf.removeprefix(_DRIVER_ENVIRONMENT).partition("=") for conf in confs if _DRIVER_ENVIRONMENT in conf)
    return {name: value for name, _, value in pairs}
