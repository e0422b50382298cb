"""Finds resources that already have a name that a first deploy will use, since CloudFormation would roll it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from scripts.operating.finding import FAILED, Finding
from scripts.operating.outputs import find_stack
from shared.names import VENDED_LOGS, Layer, Names, source_secret
from shared.vault import VAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.operating.finding import Caller
    from shared.config import Environment

KEPT = "an earlier environment has left it: delete it, or take it into the stack with ./lake cdk import"


def left(environment: Environment, _caller: Caller) -> Iterator[Finding]:
    """Yield a finding for each name that is taken; none if the stack exists, since the resources are then its own."""
    names = Names(environment)
    if find_stack(names.stack):
        return
    for table in (names.lease_table, names.served_table):
        if _has_table(table):
            yield Finding(check="left", status=FAILED, found=f"the DynamoDB table {table} exists", mend=KEPT)
    for secret in _secrets(source_secret(environment.name, "")):
        mend = f"{KEPT}; to delete it at once, delete-secret with --force-delete-without-recovery"
        yield Finding(check="left", status=FAILED, found=f"the secret {secret} exists", mend=mend)
    for group in _log_groups(names.stack):
        yield Finding(check="left", status=FAILED, found=f"the log group {group} exists", mend=KEPT)
    if environment.kafka.serverless and _has_cluster(names.stack):
        yield Finding(check="left", status=FAILED, found=f"the MSK cluster {names.stack} exists", mend=KEPT)
    for database in (names.glue_database(layer) for layer in (*Layer, VAULT)):
        if _has_database(database):
            mend = "delete it, or have catalog_prefix in the environment's file give ours other names"
            yield Finding(check="left", status=FAILED, found=f"the Glue database {database} exists", mend=mend)


def _has_table(name: str) -> bool:
    client = boto3.client("dynamodb")
    try:
        client.describe_table(TableName=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _has_database(name: str) -> bool:
    client = boto3.client("glue")
    try:
        client.get_database(Name=name)
    except client.exceptions.EntityNotFoundException:
        return False
    return True


def _has_cluster(name: str) -> bool:
    pages = boto3.client("kafka").get_paginator("list_clusters_v2").paginate(ClusterNameFilter=name)
    return any(cluster["ClusterName"] == name for page in pages for cluster in page["ClusterInfoList"])


def _log_groups(stack: str) -> list[str]:
    """The groups of the API and of the machines; those of functions are named by CloudFormation."""
    pages = boto3.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=VENDED_LOGS)
    found = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    return [group for group in found if f"{group}-".rpartition("/")[2].startswith(f"{stack}-")]


def _secrets(prefix: str) -> list[str]:
    """Secrets whose names have a prefix, including those scheduled for deletion: until then their names are taken."""
    pages = boto3.client("secretsmanager").get_paginator("list_secrets")
    found = pages.paginate(IncludePlannedDeletion=True, Filters=[{"Key": "name", "Values": [prefix]}])
    return [secret["Name"] for page in found for secret in page["SecretList"] if secret["Name"].startswith(prefix)]
