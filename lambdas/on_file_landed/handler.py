"""Starts one run for each version of a file that landed, however often the event is delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from pydantic import Field

from lambdas.events import SENT_BY_AWS, read_event
from lambdas.observability import logger, tracer
from lambdas.on_file_landed.logic import REMEMBERED, ObjectCreated, RunStarter
from lambdas.settings import Settings, read_settings
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Variables(Settings):
    """The settings of the function."""

    known_runs_table: str = Field(alias=Variable.KNOWN_RUNS_TABLE)
    machine_arn: str = Field(alias=Variable.FILE_LANDED_ARN)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer with the execution that reads the file; after several deliveries, with the one that the first started.

    Raises:
        TerminalError: the event is not that of a file that landed.
    """
    landed = read_event(ObjectCreated, event, mend=SENT_BY_AWS)
    variables = read_settings(Variables)
    config = IdempotencyConfig(expires_after_seconds=int(REMEMBERED.total_seconds()))
    config.register_lambda_context(context)
    start_once = idempotent_function(
        RunStarter(boto3.client("stepfunctions"), variables.machine_arn).start,
        data_keyword_argument="version",
        persistence_store=DynamoDBPersistenceLayer(
            table_name=variables.known_runs_table, key_attr="id", expiry_attr="expires_at"
        ),
        config=config,
    )
    execution = start_once(file=landed.location, version=landed.version)
    logger.info("file landed", extra={"file": landed.location, "execution": execution})
    return {"execution": execution}
