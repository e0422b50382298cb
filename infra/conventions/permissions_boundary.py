"""The permissions boundary that an organization puts around every role of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from constructs import Construct

    from shared.config.account import Account


def apply_permissions_boundary(stack: Construct, account: Account | None) -> None:
    """Put the account's permissions boundary, if it has one, around every role below."""
    if account and account.permissions_boundary:
        policy = iam.ManagedPolicy.from_managed_policy_name(stack, "PermissionsBoundary", account.permissions_boundary)
        iam.PermissionsBoundary.of(stack).apply(policy)
