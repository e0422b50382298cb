"""Finds resources that have a name which a deploy will use and that are not the stack's: it would be rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import boto3

from scripts.operating.finding import FAILED, Finding
from scripts.operating.outputs import find_stack
from scripts.operating.stack_resources import summaries
from shared.backfill import BACKFILL_MACHINE
from shared.contracts import load_catalog
from shared.contracts.connections import secret_systems
from shared.log_groups import VENDED_LOGS, api_logs, machine_logs
from shared.names import Layer, Machine, Names, pii_key_secret, source_secret
from shared.smoke import SMOKE_MACHINE
from shared.vault import VAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.operating.finding import Caller
    from shared.config import Environment
    from shared.contracts import Catalog

# CloudFormation imports nothing into a nested stack, and all of these are in one.
KEPT = "an earlier deploy has left it, and no deploy takes it over: delete it"
KEPT_SECRET = (
    f"{KEPT}, but keep its value: get-secret-value (before it restore-secret, if it is to be deleted), delete-secret "
    "with --force-delete-without-recovery, deploy, put-secret-value; another pii-key would change every hash"
)


class Named(NamedTuple):
    """A resource with a name that a deploy will use: its id in CloudFormation, what it is, and what to do about it."""

    id: str
    found: str
    mend: str


def left(environment: Environment, _caller: Caller) -> Iterator[Finding]:
    """Yield a finding for each name that is taken by a resource which is not of the environment's stack.

    The stack itself may have left it there: a connection whose contracts were removed stays in the account.
    """
    own = _own(Names(environment).stack)
    for resource in _named(environment, load_catalog()):
        if resource.id not in own:
            yield Finding(check="left", status=FAILED, found=f"{resource.found} exists", mend=resource.mend)


def _own(stack: str) -> set[str]:
    """The ids of what the stack consists of; what an update took out of it, and kept, is not among them."""
    if find_stack(stack) is None:
        return set()
    found = summaries(boto3.client("cloudformation"), stack)
    return {str(r.get("PhysicalResourceId")) for r in found if not r["ResourceStatus"].startswith("DELETE_")}


def _named(environment: Environment, catalog: Catalog) -> Iterator[Named]:
    """Yield what is there of all that the deploy gives a name of its own."""
    names = Names(environment)
    for table in (names.lease_table, names.served_table):
        if _has_table(table):
            yield Named(table, f"the DynamoDB table {table}", KEPT)
    systems = (source_secret(environment.name, system) for system in secret_systems(catalog))
    for secret, arn in _secrets(source_secret(environment.name, ""), {*systems, pii_key_secret(environment.name)}):
        yield Named(arn, f"the secret {secret}", KEPT_SECRET)
    groups = {machine_logs(names, machine) for machine in (*Machine, BACKFILL_MACHINE, SMOKE_MACHINE)}
    for group in _log_groups(groups | ({api_logs(names)} if catalog.served else set())):
        yield Named(group, f"the log group {group}", KEPT)
    for arn in _clusters(names.stack) if environment.kafka.serverless else ():
        yield Named(arn, f"the MSK cluster {names.stack}", KEPT)
    for database in (names.glue_database(layer) for layer in (*Layer, VAULT)):
        if _has_database(database):
            mend = "delete it, or have catalog_prefix in the environment's file give ours other names"
            yield Named(database, f"the Glue database {database}", mend)


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


def _clusters(name: str) -> Iterator[str]:
    """The ARNs of clusters of a name, which are one at most."""
    for page in boto3.client("kafka").get_paginator("list_clusters_v2").paginate(ClusterNameFilter=name):
        yield from (cluster["ClusterArn"] for cluster in page["ClusterInfoList"] if cluster["ClusterName"] == name)


def _log_groups(wanted: set[str]) -> Iterator[str]:
    """Those of the wanted log groups that exist."""
    for page in boto3.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=VENDED_LOGS):
        found = (group["logGroupName"] for group in page["logGroups"])
        yield from wanted.intersection(found)


def _secrets(prefix: str, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Names and ARNs of secrets, including those scheduled for deletion: until then their names are taken."""
    pages = boto3.client("secretsmanager").get_paginator("list_secrets")
    for page in pages.paginate(IncludePlannedDeletion=True, Filters=[{"Key": "name", "Values": [prefix]}]):
        yield from ((s["Name"], s["ARN"]) for s in page["SecretList"] if s["Name"] in wanted)
