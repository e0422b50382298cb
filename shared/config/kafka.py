"""How an environment reads Kafka topics."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from shared.config.settings import Settings


class Kafka(Settings):
    """How Kafka topics are read.

    Attributes:
        cluster_arn: An existing MSK cluster that admits the jobs by their role.
        serverless: Whether the stack makes a cluster of MSK Serverless. Without either, the secret holds a user.
        every_seconds: How often a streaming job reads the topics; without it only the daily batch reads them.
    """

    cluster_arn: str | None = Field(default=None, pattern=r"^arn:[\w-]+:kafka:[a-z0-9-]+:\d{12}:cluster/[^/]+/[^/]+$")
    serverless: bool = False
    every_seconds: int | None = Field(default=None, ge=10, le=3600)

    @model_validator(mode="after")
    def _is_one_cluster(self) -> Self:
        if self.serverless and self.cluster_arn:
            raise ValueError("`cluster_arn` names a cluster that is there and `serverless` makes one: give one of them")
        return self
