"""EMR Serverless as who takes the role of a job run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from shared.key_policy import EMR

if TYPE_CHECKING:
    from constructs import Construct


def emr_serverless_principal(scope: Construct) -> iam.ServicePrincipal:
    """The service, on behalf of any application of this account.

    The application's own id would close a circle: it needs the key, whose user the role is.
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
