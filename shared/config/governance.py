"""Who reads an environment's lake."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.config.settings import Settings
from shared.governance.access import DOMAIN, Classification


class ReaderRole(Settings):
    """Who a role of the contracts is: what it is cleared for, and its IAM role if it has one already.

    Without `iam_role` the stack makes one, which principals of the account may take if their own policies say so.
    """

    clearance: Classification
    iam_role: str | None = Field(default=None, pattern=r"^[A-Za-z0-9+=,.@_/-]+$", max_length=512)


# With the longest name of an environment before it, it still fits the 64 characters of an IAM role's name.
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Governance(Settings):
    """Lake Formation for the people who read the lake. Without it nobody reads the lake but the jobs.

    `roles` are those that contracts may name. `former_domains` are business domains that no contract names any more:
    values of their tag until nothing carries them.
    """

    roles: dict[RoleName, ReaderRole] = Field(
        default={
            "analyst": ReaderRole(clearance=Classification.INTERNAL),
            "data_scientist": ReaderRole(clearance=Classification.INTERNAL),
            "finance": ReaderRole(clearance=Classification.CONFIDENTIAL),
            "pii_officer": ReaderRole(clearance=Classification.RESTRICTED),
            "sales": ReaderRole(clearance=Classification.CONFIDENTIAL),
        }
    )
    former_domains: tuple[Annotated[str, Field(pattern=DOMAIN)], ...] = ()
