"""The two keys that are needed to delete data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy

if TYPE_CHECKING:
    from shared.config import Environment


def removal_policy(env: Environment, *, wanted: RemovalPolicy) -> RemovalPolicy:
    """Destroy only what its own construct gives up and the environment allows to be deleted; else keep it.

    What is kept is still removed when the first deploy of all fails, so that the next one can use the names.
    """
    if wanted == RemovalPolicy.DESTROY and env.allow_data_deletion:
        return RemovalPolicy.DESTROY
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
