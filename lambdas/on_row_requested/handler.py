"""Answers a request of API Gateway's HTTP API with the row of a served table, as it was published."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from botocore.config import Config
from pydantic import Field

from lambdas.observability import logger, tracer
from lambdas.on_row_requested.logic import ServedRows, answer
from lambdas.settings import Settings, read_settings
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The caller waits for the row.
IMPATIENT = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})


class Variables(Settings):
    """The settings of the function."""

    served_table: str = Field(alias=Variable.SERVED_TABLE)


@cache
def served_rows() -> ServedRows:
    """The published rows; the connection is kept from one request to the next."""
    dynamodb = boto3.resource("dynamodb", config=IMPATIENT)
    return ServedRows(dynamodb.Table(read_settings(Variables).served_table))


# By itself, Powertools would trace the answer, which is a row.
@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer a request for the row at a path.

    Neither path nor row is logged or traced: a key may name a person.
    """
    request = APIGatewayProxyEventV2(event)
    given = answer(served_rows(), request.path, if_none_match=request.headers.get("if-none-match", ""))
    logger.info("row requested", extra={"status": given.status, "collection": given.collection})
    return {"statusCode": given.status, "headers": given.headers, "body": given.body}
