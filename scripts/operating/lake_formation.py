"""Clients for Lake Formation and Glue, as the role that administers an environment's access."""

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
    """Lake Formation as the environment's access administrator, a role that the caller must be allowed to assume.

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
    """A Glue client as the same role, since Lake Formation hides tables from callers that may not see them.

    If the environment has no governance, it uses the caller's own credentials.
    """
    if environment.governance is None:
        return boto3.client("glue")
    return client_of_admin("glue", Caller.of_credentials().role_arn(access_admin_of(environment)))
