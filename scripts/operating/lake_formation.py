"""Lake Formation of the account that the caller's credentials lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from lambdas.on_access_declared.handler import client_of_admin, lake_formation_client
from lambdas.on_access_declared.lake_formation import LakeFormation
from scripts.operating.finding import Caller
from shared.governance.environments import access_admin_of, governance_of, iam_role_of

if TYPE_CHECKING:
    from shared.config import Environment


def lake_formation_of(environment: Environment) -> LakeFormation:
    """Lake Formation as the role that administers it for us, which the caller must be allowed to take.

    Raises:
        TerminalError: the environment has no governance.
    """
    roles = governance_of(environment).roles
    caller = Caller.of_credentials()
    return LakeFormation(
        client=lake_formation_client(caller.role_arn(access_admin_of(environment))),
        account=caller.account,
        principals={role: caller.role_arn(iam_role_of(environment, role)) for role in roles},
    )


def glue_of(environment: Environment) -> Any:  # noqa: ANN401 - boto3's clients have no common type
    """Glue as the same role, since Lake Formation leaves out the tables that somebody else may not see.

    As the caller where the environment has no governance.
    """
    if environment.governance is None:
        return boto3.client("glue")
    return client_of_admin("glue", Caller.of_credentials().role_arn(access_admin_of(environment)))
