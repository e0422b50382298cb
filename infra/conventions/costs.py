"""The tags by which costs are broken down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Tags

if TYPE_CHECKING:
    from constructs import IConstruct

    from shared.config import Environment

SYSTEM = "lakewright"


def tag_costs(construct: IConstruct, environment: Environment) -> None:
    """Tag everything below; nested stacks add `stack`. None of the values differs between two deploys."""
    for key, value in (("env", environment.name), ("owner", environment.owner), ("system", SYSTEM)):
        Tags.of(construct).add(key, value)
