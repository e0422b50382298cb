"""How an environment reads topics of Kafka."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from shared.config.settings import Settings


class Kafka(Settings):
    """How topics of Kafka are read.

    `cluster_arn` is an MSK cluster that lets the jobs in by their role; `serverless` has the stack make one, of MSK
    Serverless; without either the secret holds a user. A streaming job reads the topics every `every_seconds`; without
    it the daily batch alone does.
    """

    cluster_arn: str | None = Field(default=None, pattern=r"^arn:[\w-]+:kafka:[a-z0-9-]+:\d{12}:cluster/[^/]+/[^/]+$")
    serverless: bool = False
    every_seconds: int | None = Field(default=None, ge=10, le=3600)

    @model_validator(mode="after")
    def _is_one_cluster(self) -> Self:
        if self.serverless and self.cluster_arn:
            raise ValueError("`cluster_arn` names a cluster that is there and `serverless` makes one: give one of them")
        return self
