"""A Lambda function, named after the event it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.encrypted_log_group import EncryptedLogGroup
from infra.conventions.findings import accept, wildcard
from shared.names import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_cdk import aws_kms as kms

    from infra.constructs.artifact_asset import ArtifactAsset
    from shared.config import Environment

TIMEOUT = Duration.seconds(60)


class EventFunction(Construct):
    """The function `lambdas/<event>/handler.py`, with a role, a log group and traces of its own.

    Example:
        EventFunction(self, "OnRunRequested", event="on_run_requested", code=lambdas, ...)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        event: str,
        environment: Environment,
        code: ArtifactAsset,
        key: kms.IKey,
        variables: Mapping[Variable, str],
        statements: Iterable[iam.PolicyStatement],
        timeout: Duration = TIMEOUT,
        memory_mb: int = 256,
    ) -> None:
        super().__init__(scope, id_)
        log_group = EncryptedLogGroup(self, "Logs", environment=environment, key=key)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        for statement in [_log_statement(log_group), *statements]:
            self.role.add_to_policy(statement)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_bucket_v2(code.bucket, code.key),
            handler=f"lambdas.{event}.handler.handler",
            role=self.role,
            log_group=log_group,
            memory_size=memory_mb,
            timeout=timeout,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                Variable.ENV.value: environment.name,
                "POWERTOOLS_SERVICE_NAME": event,
                **{variable.value: value for variable, value in variables.items()},
            },
        )
        accept(self.function, {"AwsSolutions-L1": "the newest Python that the locked packages have wheels for is 3.13"})
        accept(self.role, {wildcard("*"): "X-Ray takes no resource"})

    def answers_cloudformation(self) -> None:
        """Turn retries off: CloudFormation takes the first answer, and a retry would run after its rollback."""
        self.function.configure_async_invoke(retry_attempts=0)


def _log_statement(log_group: EncryptedLogGroup) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
    )
