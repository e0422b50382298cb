"""Claims the run of a machine that was started, and answers with what it works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from pydantic import Field

from lambdas.events import read_event
from lambdas.observability import logger, tracer
from lambdas.on_run_requested.logic import KnownRuns, accept
from lambdas.settings import Settings, read_settings
from shared.events import RunRequested
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MEND = "start the machine again with an input it knows; {} asks for the ordinary run"


class Variables(Settings):
    """The settings of the function."""

    known_runs_table: str = Field(alias=Variable.KNOWN_RUNS_TABLE)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer with a RunAccepted.

    Raises:
        TerminalError: the input of the machine is wrong.
    """
    requested = read_event(RunRequested, event, mend=MEND)
    known_runs = KnownRuns(
        items=boto3.resource("dynamodb").Table(read_settings(Variables).known_runs_table),
        states=boto3.client("stepfunctions"),
    )
    accepted = accept(requested, known_runs)
    logger.info("run accepted", extra={"run_id": requested.execution.name, **accepted.model_dump(mode="json")})
    return accepted.model_dump(mode="json")
