"""The place of an application's workers in a VPC, an existing one or the stack's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_emrserverless as emr

if TYPE_CHECKING:
    from shared.config.network import Network, Vpc


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Subnets and security groups of workers.

    Attributes:
        vpc_id: The VPC; None for an existing one that the environment's file does not name.
        subnet_ids: The subnets.
        security_group_ids: The security groups.
        settings: What the environment's file says; a change of it needs a new application.
    """

    vpc_id: str | None
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    settings: Network | Vpc

    @classmethod
    def of_existing(cls, network: Network) -> Placement:
        """In an existing VPC."""
        return cls(
            vpc_id=network.vpc_id,
            subnet_ids=network.subnet_ids,
            security_group_ids=network.security_group_ids,
            settings=network,
        )

    @property
    def configuration(self) -> emr.CfnApplication.NetworkConfigurationProperty:
        """The placement as EMR Serverless wants it."""
        return emr.CfnApplication.NetworkConfigurationProperty(
            subnet_ids=list(self.subnet_ids), security_group_ids=list(self.security_group_ids)
        )
