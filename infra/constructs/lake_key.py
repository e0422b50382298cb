"""The one key that encrypts the lake, its logs, secrets and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from infra.conventions.retention import KEPT
from shared.key_policy import ALARMS, BY_ALARMS, BY_EMR, BY_LOGS, EMR, logs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct

    from shared.config import Environment


class LakeKey(kms.Key):
    """A rotating key that roles use through their own policies, and three services through the key's policy.

    The conditions for services have ARN patterns, never a resource of another stack: that would make the stacks depend
    on each other in a circle.

    Example:
        LakeKey(self, "Key", environment=env)
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            id_,
            enable_key_rotation=True,
            description=f"Lakewright {environment.name}: the lake, its logs, secrets and messages",
            removal_policy=KEPT,
        )
        stack = Stack.of(self)
        self._admit_logs()
        emr_applications = stack.format_arn(service="emr-serverless", resource="/applications", resource_name="*")
        self._admit(EMR, BY_EMR, emr_applications)
        alarms = _named(stack, "cloudwatch", "alarm")
        self._admit(ALARMS, BY_ALARMS, alarms)

    def _admit_logs(self) -> None:
        """Admit the logs service, with a condition on the log group that it encrypts instead of a source ARN."""
        stack = Stack.of(self)
        log_groups = _named(stack, "logs", "log-group")
        self.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(logs(stack.region, stack.url_suffix))],
                actions=list(BY_LOGS),
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            )
        )

    def _admit(self, service: str, actions: Iterable[str], source_arn: str) -> None:
        self.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=list(actions),
                resources=["*"],
                conditions={
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                    "ArnLike": {"aws:SourceArn": source_arn},
                },
            )
        )


def _named(stack: Stack, service: str, resource: str) -> str:
    return stack.format_arn(
        service=service, resource=resource, resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
