"""What there is once in an account and region, and what a house wants of every role in it."""

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
    """What there is once in an account and region, deployed by `cdk deploy 'account/*'`; its environments agree on it.

    `lake_formation_admins` are IAM roles that administer the account's Lake Formation beside ours. `closes_new_tables`
    has an environment's deploy take the account's default away by which IAM alone opens new databases and tables; a
    governed account has it taken away already, and a shared one may still live by it.
    `vcpu_quota` is what EMR Serverless lets the account use at once; 16 in a new one, more on request.
    `makes_oidc_provider` is for deploying from GitHub; an account has one such provider, and may have it already.
    `makes_access_admin` is false in a second region: an account has one role of that name, made in the first.
    `permissions_boundary` is the name of a policy that the house puts around every role, `role_path` the path it wants
    of every role, `bootstrap_qualifier` the name of its bootstrap stack: the one thing in which environments of an
    account may differ, so that what deploys one of them cannot deploy another.
    """

    lake_formation_admins: tuple[str, ...] = ()
    closes_new_tables: bool = True
    makes_oidc_provider: bool = True
    makes_access_admin: bool = True
    vcpu_quota: Annotated[int, Field(ge=1)] = 16
    permissions_boundary: str | None = Field(default=None, pattern=r"^[A-Za-z0-9+=,.@_/-]+$", max_length=512)
    role_path: Annotated[str, AfterValidator(_is_a_path)] = Field(default="/", max_length=512)
    bootstrap_qualifier: str = Field(default="hnb659fds", pattern=r"^[A-Za-z0-9]{1,10}$")
