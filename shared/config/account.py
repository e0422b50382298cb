"""Settings of what exists once in an account and region, and an organization's rules for every role in it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.config.settings import Settings

_PATH = re.compile(r"/([A-Za-z0-9+=,.@_-]+/)*")


def _is_a_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError("a path of roles begins and ends with a slash, as /house/lake/")
    return path


class Account(Settings):
    """Settings of an account and region, deployed by `cdk deploy 'account/*'`; its environments agree on them.

    Attributes:
        lake_formation_admins: IAM roles that administer the account's Lake Formation, beside the one made here.
        closes_new_tables: Whether an environment's deploy removes the account's default by which IAM alone opens new
            databases and tables. A governed account has no such default any more; a shared one may still rely on it.
        makes_oidc_provider: Whether to make the provider for deploying from GitHub; an account has one at most.
        makes_access_admin: False in a second region: an account has one role of that name, made in the first.
        vcpu_quota: The vCPUs that EMR Serverless lets the account use at once: 16 in a new one, more on request.
        permissions_boundary: The name of a policy that the organization puts around every role.
        role_path: The path that the organization wants for every role.
        bootstrap_qualifier: The qualifier of the bootstrap stack. It alone may differ between environments of an
            account, so that the roles which deploy one of them cannot deploy another.
    """

    lake_formation_admins: tuple[str, ...] = ()
    closes_new_tables: bool = True
    makes_oidc_provider: bool = True
    makes_access_admin: bool = True
    vcpu_quota: Annotated[int, Field(ge=1)] = 16
    permissions_boundary: str | None = Field(default=None, pattern=r"^[A-Za-z0-9+=,.@_/-]+$", max_length=512)
    role_path: Annotated[str, AfterValidator(_is_a_path)] = Field(default="/", max_length=512)
    bootstrap_qualifier: str = Field(default="hnb659fds", pattern=r"^[A-Za-z0-9]{1,10}$")
