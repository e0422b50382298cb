"""A log group encrypted with the lake's key, whose retention the environment sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_logs as logs

from infra.conventions.retention import KEPT

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from shared.config import Environment


class EncryptedLogGroup(logs.LogGroup):
    """A log group; the key's own policy admits the logs service.

    Example:
        EncryptedLogGroup(self, "Logs", environment=env, key=key)
    """

    def __init__(
        self, scope: Construct, id_: str, *, environment: Environment, key: kms.IKey, name: str | None = None
    ) -> None:
        super().__init__(
            scope,
            id_,
            log_group_name=name,
            encryption_key=key,
            removal_policy=KEPT,
        )
        resource = self.node.default_child
        assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - narrows the type
        resource.retention_in_days = environment.log_retention_days
