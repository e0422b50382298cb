"""Lake Formation of the account that the caller's credentials lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from lambdas.on_access_declared.handler import lake_formation_client
from lambdas.on_access_declared.lake_formation import LakeFormation
from shared.governance.environments import access_admin_of, governance_of, iam_role_of

if TYPE_CHECKING:
    from shared.config import Environment


def lake_formation_of(environment: Environment) -> LakeFormation:
    """Lake Formation as the role that administers it for us, which the caller must be allowed to take.

    Raises:
        TerminalError: the environment has no governance.
    """
    roles = governance_of(environment).roles
    identity = boto3.client("sts").get_caller_identity()
    partition, account = identity["Arn"].split(":")[1], identity["Account"]

    def arn(name: str) -> str:
        return f"arn:{partition}:iam::{account}:role/{name}"

    return LakeFormation(
        client=lake_formation_client(arn(access_admin_of(environment))),
        account=account,
        principals={role: arn(iam_role_of(environment, role)) for role in roles},
    )
