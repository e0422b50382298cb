"""The path that an organization wants for every role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from constructs import Construct

    from shared.config.account import Account


def set_role_path(stack: Construct, account: Account | None) -> None:
    """Give every role made so far the account's path, if it has one; call it once all are made."""
    if account is None or account.role_path == "/":
        return
    for construct in stack.node.find_all():
        if isinstance(construct, iam.CfnRole):
            construct.path = account.role_path
