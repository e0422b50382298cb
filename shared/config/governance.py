"""Who reads an environment's lake."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.config.settings import Settings
from shared.governance.access import DOMAIN, Classification


class ReaderRole(Settings):
    """A role of the contracts.

    Attributes:
        clearance: The strictest classification that it may see.
        iam_role: The existing IAM role that has it; without one the stack makes one, which principals of the account
            may assume if their own policies allow it.
    """

    clearance: Classification
    iam_role: str | None = Field(default=None, pattern=r"^[A-Za-z0-9+=,.@_/-]+$", max_length=512)


# With the longest name of an environment before it, it still fits the 64 characters of an IAM role's name.
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Governance(Settings):
    """Lake Formation for the people who read the lake. Without it only the jobs read the lake.

    Attributes:
        roles: The roles that contracts may name.
        former_domains: Business domains that no contract names any more; they stay values of their tag until no table
            has them.
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
