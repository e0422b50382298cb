"""The network of job runs: in an existing VPC, or in one that the stack makes."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.config.settings import Settings


def _is_a_network(cidr: str) -> str:
    try:
        IPv4Network(cidr)
    except ValueError as error:
        raise ValueError(
            f"the first address of a network and its length are wanted, as 10.64.0.0/20: {error}"
        ) from None
    return cidr


def _are_distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError(f"each is named once, and here are {', '.join(names)}")
    return names


SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]+$")]
Zone = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z0-9]+)+[a-z]$")]


class Network(Settings):
    """The subnets and security groups of job runs in an existing VPC, from which the sources can be reached.

    Without one, EMR Serverless reaches S3, DynamoDB, KMS, Secrets Manager and few other services of its region, but not
    SSM, EventBridge or Redshift, and neither Snowflake nor the ECB.
    `vpc_id` is needed only if the stack puts more into that VPC, such as a Kafka cluster.
    """

    subnet_ids: Annotated[tuple[SubnetId, ...], AfterValidator(_are_distinct)] = Field(min_length=1, max_length=16)
    security_group_ids: Annotated[tuple[SecurityGroupId, ...], AfterValidator(_are_distinct)] = Field(
        min_length=1, max_length=5
    )
    vpc_id: str | None = Field(default=None, pattern=r"^vpc-[0-9a-f]+$")


class Vpc(Settings):
    """A VPC that the stack makes for its job runs, with endpoints for the services they call.

    `zones` are names such as eu-west-1a; by default the first two of the region. EMR Serverless is not in every zone.
    `nat_gateways` give a way to public addresses (Snowflake, Salesforce, the ECB), and cost by the hour; without one,
    job runs reach what is in the VPC or peered with it, and the services of the region.
    """

    cidr: Annotated[str, AfterValidator(_is_a_network)] = Field(
        default="10.64.0.0/20", pattern=r"^\d{1,3}(\.\d{1,3}){3}/(1[6-9]|2[0-2])$"
    )
    zones: Annotated[tuple[Zone, ...], AfterValidator(_are_distinct)] = Field(default=(), max_length=3)
    nat_gateways: Annotated[int, Field(ge=0, le=3)] = 0
