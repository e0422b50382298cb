"""EMR Serverless' event of a job run that ended, and the usage of a step made of its description of the job run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.jobs import Job
from shared.usage import JobRunUsage

if TYPE_CHECKING:
    from collections.abc import Mapping


class _OfEmr(BaseModel):
    # EMR may add fields.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Detail(_OfEmr):
    """The job run that ended."""

    application_id: str = Field(alias="applicationId")
    job_run_id: str = Field(alias="jobRunId")


class JobRunEnded(_OfEmr):
    """EMR Serverless' event `EMR Serverless Job Run State Change`, as EventBridge delivers it.

    Source: EMR Serverless User Guide, "Automating EMR Serverless with Amazon EventBridge".
    """

    detail: Detail


def usage_of(job_run: Mapping[str, Any]) -> JobRunUsage | None:
    """The usage of a job run that was started with a Job; None for any other job run.

    Billed usage counts at least a minute per worker. If EMR does not report it yet, the usage without that is taken.
    """
    arguments = job_run["jobDriver"].get("sparkSubmit", {}).get("entryPointArguments", [])
    try:
        job = Job.model_validate_json(arguments[arguments.index("--job") + 1])
    except (ValueError, IndexError, ValidationError):
        return None
    billed = job_run.get("billedResourceUtilization")
    used = billed or job_run.get("totalResourceUtilization") or {}
    return JobRunUsage(
        env=job.env,
        run_id=job.run_id,
        step=job.step,
        attempt=job.attempt,
        job_run_id=job_run["jobRunId"],
        state=job_run["state"],
        is_billed=billed is not None,
        vcpu_hours=used.get("vCPUHour", 0.0),
        memory_gb_hours=used.get("memoryGBHour", 0.0),
        storage_gb_hours=used.get("storageGBHour", 0.0),
    )
