"""EMR Serverless as the principal that assumes the role of a job run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from shared.key_policy import EMR

if TYPE_CHECKING:
    from constructs import Construct


def emr_serverless_principal(scope: Construct) -> iam.ServicePrincipal:
    """The service, on behalf of any application of this account.

    With the application's id it would depend on itself: the application needs the key, which the role uses.
    """
    stack = Stack.of(scope)
    applications = stack.format_arn(service="emr-serverless", resource="/applications", resource_name="*")
    return iam.ServicePrincipal(
        EMR,
        conditions={
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {"aws:SourceArn": applications},
        },
    )
