"""Brings Lake Formation to the access that a deploy has declared, and reports to the deploy how that went."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config
from pydantic import Field

from lambdas.custom_resource import answer
from lambdas.events import SENT_BY_THE_STACK, read_event
from lambdas.observability import logger, tracer
from lambdas.on_access_declared.lake_formation import LakeFormation
from lambdas.on_access_declared.logic import bring, require_all_made
from lambdas.settings import Settings, read_settings
from shared.events import DECLARED_ACCESS, AccessDeclared
from shared.governance.access import LakeAccess
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Lake Formation limits calls per second; with this, boto3 slows down by itself.
PATIENT = Config(retries={"mode": "adaptive", "total_max_attempts": 10})


class Variables(Settings):
    """The settings of the function."""

    admin_role_arn: str = Field(alias=Variable.ACCESS_ADMIN_ROLE)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Answer the request of the custom resource; its attribute `Changes` is how many changes were needed.

    Raises:
        TerminalError: a change could not be made. CloudFormation gets its answer before that.
    """
    answer(event, DECLARED_ACCESS, _apply)


def _apply(properties: dict[str, Any]) -> dict[str, str]:
    declared = read_event(AccessDeclared, properties, mend=SENT_BY_THE_STACK)
    body = boto3.client("s3").get_object(Bucket=declared.Bucket, Key=declared.Key)["Body"].read()
    lake_formation = LakeFormation(
        client=lake_formation_client(read_settings(Variables).admin_role_arn),
        account=declared.Account,
        principals=declared.Principals,
    )
    steps = bring(lake_formation, LakeAccess.model_validate_json(body))
    for step in steps:
        logger.info("access", extra=step.row)
    require_all_made(steps)
    return {"Changes": str(len(steps)), **{k: str(v) for k, v in Counter(s.status for s in steps).items()}}


def lake_formation_client(admin_role_arn: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
    """A client with the role that administers Lake Formation."""
    return client_of_admin("lakeformation", admin_role_arn)


def client_of_admin(service: Literal["glue", "lakeformation"], admin_role_arn: str) -> Any:  # noqa: ANN401 - as above
    """A client of a service with that role, from which Lake Formation hides no table of Glue."""
    taken = boto3.client("sts").assume_role(RoleArn=admin_role_arn, RoleSessionName="lakewright-access")["Credentials"]
    return boto3.client(
        service,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
        config=PATIENT,
    )
