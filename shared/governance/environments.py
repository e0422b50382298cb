"""Who may see what in one environment, from its settings and the contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import TerminalError
from shared.governance.access import lake_access
from shared.names import ACCESS_ADMIN_ROLE, Layer, Names
from shared.vault import VAULT

if TYPE_CHECKING:
    from shared.config import Environment
    from shared.config.governance import Governance
    from shared.contracts import Catalog
    from shared.governance.access import LakeAccess


def governance_of(environment: Environment) -> Governance:
    """The environment's governance.

    Raises:
        TerminalError: it has none.
    """
    if environment.governance is None:
        raise TerminalError(
            f"the environment {environment.name} has no governance",
            expected="`governance: {}` or more in its file",
            mend=f"add it to shared/config/{environment.name}.yaml, and deploy",
        )
    return environment.governance


def access_of(environment: Environment, catalog: Catalog) -> LakeAccess:
    """Who sees what of the environment's lake.

    Raises:
        TerminalError: it has no governance, or a contract names a role it does not have.
    """
    names = Names(environment)
    return lake_access(
        catalog,
        clearances={role: who.clearance for role, who in governance_of(environment).roles.items()},
        tag_prefix=names.tag_prefix,
        closes_new_tables=environment.account is not None and environment.account.closes_new_tables,
        databases={layer: names.glue_database(layer) for layer in (*Layer, VAULT)},
    )


def iam_role_of(environment: Environment, role: str) -> str:
    """The IAM role of a role of the contracts, with its path: an existing one, or the one that the stack makes."""
    own = environment.in_role_path(Names(environment).reader_role(role))
    return governance_of(environment).roles[role].iam_role or own


def access_admin_of(environment: Environment) -> str:
    """The IAM role that administers Lake Formation for the lake, with its path."""
    return environment.in_role_path(ACCESS_ADMIN_ROLE)
