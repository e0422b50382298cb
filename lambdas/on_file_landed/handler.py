"""Starts a run for the files that landed since the one before it, as soon as no other run of files is in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from pydantic import Field

from lambdas.events import SENT_BY_AWS, read_event
from lambdas.observability import logger, tracer
from lambdas.on_file_landed.logic import FileRuns, Queued, landing_times
from lambdas.settings import Settings, read_settings
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Variables(Settings):
    """The settings of the function."""

    machine_arn: str = Field(alias=Variable.FILE_LANDED_ARN)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer with the messages that have to be delivered again: those whose file no run is certain to read.

    Raises:
        TerminalError: the event is not one of a queue.
    """
    queued = read_event(Queued, event, mend=SENT_BY_AWS)
    landed = landing_times(queued)
    runs = FileRuns(boto3.client("stepfunctions"), read_settings(Variables).machine_arn)
    waiting = runs.start(landed)
    unreadable = [record.id for record in queued.records if record.id not in landed]
    logger.info("files landed", extra={"files": len(landed), "waiting": len(waiting)})
    if unreadable:
        logger.error("messages that are no event of a landed file", extra={"messages": unreadable})
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in (*waiting, *unreadable)]}
