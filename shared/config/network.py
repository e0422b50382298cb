"""Where job runs live: in a VPC that is there, or in one that the stack makes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.config.settings import Settings


class Network(Settings):
    """Where job runs live in a VPC whose subnets have a way to the sources.

    Without one, EMR Serverless reaches S3 and other services of its region, but neither Snowflake nor the ECB.
    `vpc_id` is asked for only where the stack puts something more into that VPC, such as a cluster of Kafka.
    """

    subnet_ids: tuple[str, ...] = Field(min_length=1, max_length=16)
    security_group_ids: tuple[str, ...] = Field(min_length=1, max_length=5)
    vpc_id: str | None = Field(default=None, pattern=r"^vpc-[0-9a-f]+$")


class Vpc(Settings):
    """A VPC that the stack makes for its job runs, with endpoints of the services they call.

    `zones` are names such as eu-west-1a; left out, the first two of the region. EMR Serverless is not in every zone.
    `nat_gateways` give a way to public addresses (Snowflake, Salesforce, the ECB), and cost by the hour; without one,
    job runs reach what is in the VPC or peered with it, and the services of the region.
    """

    cidr: str = Field(default="10.64.0.0/20", pattern=r"^\d{1,3}(\.\d{1,3}){3}/(1[6-9]|2[0-2])$")
    zones: tuple[str, ...] = Field(default=(), max_length=3)
    nat_gateways: Annotated[int, Field(ge=0, le=3)] = 0
