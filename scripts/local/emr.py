"""EMR Serverless: job runs pass through their states and are really run, by a JobRunner.

What moto 5.2.5 does differently: a job run starts in state SUCCESS and nothing runs; client tokens are ignored; release
labels `emr-spark-*` are refused, but a submission that sets `spark.master` is not; half of an application's settings
are forgotten.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.emrserverless.exceptions import ValidationException
from moto.emrserverless.models import Application, EMRServerlessBackend
from moto.emrserverless.models import JobRun as MotoJobRun
from moto.emrserverless.responses import EMRServerlessResponse

from scripts.local.api_models import operation
from scripts.local.job_runs import TAIL_CHARACTERS, JobResult, JobRunner, job_run_of

ENDED = frozenset({"SUCCESS", "FAILED", "CANCELLED"})
# A label that moto accepts; the application's own label replaces it at once.
_ACCEPTED_LABEL = "emr-7.10.0"
_MOVING = threading.Lock()


class Desk:
    """Hands job runs to the runner, as many at a time as it takes.

    Args:
        runner: Runs them.
    """

    def __init__(self, runner: JobRunner) -> None:
        self.runner = runner
        self._places = threading.Semaphore(runner.parallel)
        self._by_token: dict[tuple[str, str], MotoJobRun] = {}
        self._taking = threading.Lock()
        self._runs: list[MotoJobRun] = []

    def take(self, backend: EMRServerlessBackend, request: dict[str, Any]) -> MotoJobRun:
        """Submit a job run; the same token returns the same run again, whatever else the request says."""
        key = (request["applicationId"], request["clientToken"])
        with self._taking:
            if key not in self._by_token:
                run = self._by_token[key] = _submitted(backend, request)
                self._runs.append(run)
                threading.Thread(target=self._attend, args=(run, request), name=f"job-{run.id}", daemon=True).start()
            return self._by_token[key]

    def cancel(self, run: MotoJobRun) -> None:
        """Cancel a job run that waits or runs; one that has ended keeps its state."""
        if _move(run, "CANCELLED", "Job run was cancelled."):
            self.runner.cancel(run.id)

    def cancel_all(self) -> None:
        """Cancel every job run that has not ended."""
        for run in list(self._runs):
            self.cancel(run)

    def _attend(self, run: MotoJobRun, request: dict[str, Any]) -> None:
        limit = threading.Timer(run.execution_timeout_minutes * 60, self.cancel, args=(run,))
        limit.daemon = True
        with self._places:
            if not _move(run, "RUNNING"):
                return
            run.started_at, started = datetime.now(UTC), time.monotonic()
            limit.start()
            result = self._run(run, request)
            limit.cancel()
            run.total_execution_duration_seconds = round(time.monotonic() - started)
            run.ended_at = datetime.now(UTC)
        _move(run, "SUCCESS" if result.exit_code == 0 else "FAILED", _details(result))

    def _run(self, run: MotoJobRun, request: dict[str, Any]) -> JobResult:
        try:
            return self.runner.run(job_run_of(run.id, request))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in the runner is the job run's failure
            return JobResult(1, f"{type(error).__name__}: {error}")


class NoRunner:
    """The runner of an account without one: every job run fails and says so."""

    parallel = 1

    def run(self, job_run: Any) -> JobResult:
        """Fail."""
        return JobResult(1, "this account has no job runner: it is a CloudFormation server only")

    def cancel(self, job_run_id: str) -> None:
        """Nothing runs."""


_desk = Desk(NoRunner())


def use(runner: JobRunner) -> Desk:
    """Hand job runs to this runner from now on, and return the desk that does so."""
    global _desk  # noqa: PLW0603 - moto's backends are global, and so is their desk
    _desk = Desk(runner)
    return _desk


def _submitted(backend: EMRServerlessBackend, request: dict[str, Any]) -> MotoJobRun:
    run = _start(
        backend,
        application_id=request["applicationId"],
        client_token=request["clientToken"],
        execution_role_arn=request["executionRoleArn"],
        job_driver=request.get("jobDriver"),
        configuration_overrides=request.get("configurationOverrides"),
        tags=request.get("tags"),
        execution_timeout_minutes=request.get("executionTimeoutMinutes"),
        name=request.get("name"),
    )
    run.mode = request.get("mode", "BATCH")
    run.created_at = datetime.now(UTC)
    run.created_by = run.execution_role_arn
    run.state, run.state_details, run.updated_at = "SUBMITTED", "", run.created_at
    return run


def _move(run: MotoJobRun, state: str, details: str = "") -> bool:
    """Move a job run to a state unless it has ended, and return whether it was moved."""
    with _MOVING:
        if run.state in ENDED:
            return False
        run.state, run.state_details, run.updated_at = state, details, datetime.now(UTC)
        return True


def _details(result: JobResult) -> str:
    if result.exit_code == 0:
        return ""
    return f"Job failed, please check complete logs. ExitCode: {result.exit_code}. " + result.tail[-TAIL_CHARACTERS:]


def _request(self: EMRServerlessResponse, name: str) -> dict[str, Any]:
    members = operation("emr-serverless", name).input_shape.members
    given = {member: self._get_param(member) for member in members}
    return {member: value for member, value in given.items() if value is not None}


def _start_job_run(self: EMRServerlessResponse) -> ActionResult:
    request = _request(self, "start_job_run")
    if request.get("retryPolicy", {}).get("maxAttempts", 1) > 1:
        raise ValidationException("retries belong to the state machine: retryPolicy.maxAttempts must be 1 here")
    if "spark.master" in request.get("jobDriver", {}).get("sparkSubmit", {}).get("sparkSubmitParameters", ""):
        raise ValidationException("Option 'spark.master' is not supported")
    run = _desk.take(self.emrserverless_backend, request)
    return ActionResult({"applicationId": run.application_id, "jobRunId": run.id, "arn": run.arn})


def _create_application(self: EMRServerlessResponse) -> ActionResult:
    request = _request(self, "create_application")
    label = request["releaseLabel"]
    application = self.emrserverless_backend.create_application(
        name=request.get("name"),
        release_label=_ACCEPTED_LABEL if label.startswith("emr-spark-") else label,
        application_type=request["type"],
        client_token=request["clientToken"],
        initial_capacity=request.get("initialCapacity"),
        maximum_capacity=request.get("maximumCapacity"),
        tags=request.get("tags", {}),
        auto_start_configuration=request.get("autoStartConfiguration"),
        auto_stop_configuration=request.get("autoStopConfiguration"),
        network_configuration=request.get("networkConfiguration"),
    )
    _remember(application, request)
    return ActionResult({"applicationId": application.id, "name": application.name, "arn": application.arn})


def _remember(application: Application, request: dict[str, Any]) -> None:
    application.release_label = request["releaseLabel"]
    application.architecture = request.get("architecture", "X86_64")
    application.monitoring_configuration = request.get("monitoringConfiguration")
    application.runtime_configuration = request.get("runtimeConfiguration")
    application.scheduler_configuration = request.get("schedulerConfiguration")
    application.interactive_configuration = request.get("interactiveConfiguration")


def _cancel_job_run(self: EMRServerlessBackend, application_id: str, job_run_id: str) -> tuple[str, str]:
    _desk.cancel(self.get_job_run(application_id, job_run_id))
    return application_id, job_run_id


_start = EMRServerlessBackend.start_job_run


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    EMRServerlessResponse.start_job_run = _start_job_run
    EMRServerlessResponse.create_application = _create_application
    EMRServerlessBackend.cancel_job_run = _cancel_job_run
