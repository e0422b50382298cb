"""A place of the lake under Lake Formation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct

from infra.conventions.findings import accept
from infra.rights.key_use import read_statement

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from infra.constructs.place import Place


class GovernedPlace(Construct):
    """Registers a place with a role that may read it; Lake Formation lends its credentials to readers, query by query.

    The role only reads, since only jobs write, with their own roles. It is not the service-linked role, which cannot be
    granted a key of the stack. Hybrid mode is off, since in it IAM's grants count beside Lake Formation's.

    Example:
        GovernedPlace(self, "Lake", place=storage.lake, key=storage.key)
    """

    def __init__(self, scope: Construct, id_: str, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        role = iam.Role(
            self,
            "Lender",
            description="What Lake Formation lends to readers of the lake",
            assumed_by=iam.ServicePrincipal(
                "lakeformation.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
        for statement in place.read_statements():
            role.add_to_policy(statement)
        role.add_to_policy(read_statement(key))
        self.lender = role
        accept(role, {place.finding(): "which tables a reader gets is Lake Formation's to say"})
        registered = lakeformation.CfnResource(
            self,
            "Location",
            resource_arn=place.arn,
            role_arn=role.role_arn,
            use_service_linked_role=False,
            hybrid_access_enabled=False,
        )
        registered.node.add_dependency(role)
