"""The IAM role of a job run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from infra.rights.emr_serverless import emr_serverless_principal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct


class JobRole(iam.Role):
    """A role for EMR Serverless applications of this account, with exactly the statements given.

    It has no actions on Glue's catalog or Lake Formation, since jobs know tables by location.

    Example:
        JobRole(self, "Role", statements=[*lake.job_statements(reads=(), writes=("bronze/*",)), use_statement(key)])
    """

    def __init__(self, scope: Construct, id_: str, *, statements: Iterable[iam.PolicyStatement]) -> None:
        super().__init__(scope, id_, assumed_by=emr_serverless_principal(scope))
        for statement in statements:
            self.add_to_policy(statement)
