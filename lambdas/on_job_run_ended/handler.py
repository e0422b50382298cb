"""Writes what EMR Serverless bills for a job run that ended beside the files that the job run left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import smart_open
from pydantic import Field

from lambdas.events import SENT_BY_AWS, read_event
from lambdas.observability import logger, tracer
from lambdas.on_job_run_ended.logic import JobRunEnded, usage_of
from lambdas.settings import Settings, read_settings
from shared.names import Variable
from shared.usage import usage_location

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Variables(Settings):
    """The settings of the function."""

    lake_root: str = Field(alias=Variable.LAKE_ROOT)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer with the usage that was written; with nothing for a job run that is not the lake's.

    A second delivery of the event writes the same file again.

    Raises:
        TerminalError: the event is not that of a job run.
    """
    ended = read_event(JobRunEnded, event, mend=SENT_BY_AWS).detail
    emr = boto3.client("emr-serverless")
    found = emr.get_job_run(applicationId=ended.application_id, jobRunId=ended.job_run_id)["jobRun"]
    usage = usage_of(found)
    if usage is None:
        logger.info("a job run of somebody else", extra={"job_run": ended.job_run_id})
        return {}
    place = usage_location(read_settings(Variables).lake_root, usage.run_id, usage.step, usage.attempt)
    with smart_open.open(place, "w", encoding="utf-8") as file:
        file.write(usage.model_dump_json())
    logger.info("usage recorded", extra={"place": place})
    return usage.model_dump(mode="json")
