"""The role a job run works under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct


class JobRole(iam.Role):
    """A role for EMR Serverless applications of this account, holding exactly the statements given.

    It holds no action of Glue's catalog and none of Lake Formation: jobs know tables by location.

    Example:
        JobRole(self, "Role", statements=[*lake.job_statements(reads=(), writes=("bronze/*",)), use_statement(key)])
    """

    def __init__(self, scope: Construct, id_: str, *, statements: Iterable[iam.PolicyStatement]) -> None:
        stack = Stack.of(scope)
        # The application's own id would close a circle: it needs the key, whose user this role is.
        applications = stack.format_arn(service="emr-serverless", resource="/applications", resource_name="*")
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal(
                "emr-serverless.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": applications},
                },
            ),
        )
        for statement in statements:
            self.add_to_policy(statement)
