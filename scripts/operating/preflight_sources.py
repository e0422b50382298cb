"""Checks whether the environment says how to reach the systems that contracts read from or publish to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from scripts.operating.finding import FAILED, OK, WARNING, Finding
from shared.contracts import load_catalog
from shared.contracts.connections import ADDRESSED_TYPES, SECRET_TYPES, publishing_connections
from shared.contracts.source_model import KAFKA, REDSHIFT, WEB
from shared.names import source_secret
from shared.redshift import WANTED, is_warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.operating.finding import Caller
    from shared.config import Environment


def sources(environment: Environment, caller: Caller) -> Iterator[Finding]:
    """Yield a finding per system; what is missing makes only that system's tables fail, so it is a warning."""
    catalog = load_catalog()
    sources = [table.source for table in catalog.tables.values() if table.source]
    for system, kind in sorted({(source.system, source.type) for source in sources}):
        if kind == KAFKA and environment.kafka.serverless:
            yield Finding(check="sources", status=OK, found=f"{system}: the deploy makes a cluster and tells the jobs")
        elif kind in SECRET_TYPES:
            yield _connection(environment, system)
        elif kind == WEB and system not in environment.sources:
            yield Finding(check="sources", status=OK, found=f"{system}: its contracts name its addresses")
        elif kind in ADDRESSED_TYPES:
            yield _address(environment, caller, system, kind)
    known = {source.system for source in sources}
    for connection in publishing_connections(catalog):
        if connection not in known:
            yield _connection(environment, connection)


def _address(environment: Environment, caller: Caller, system: str, kind: str) -> Finding:
    address = environment.sources.get(system)
    if address is None:
        mend = (
            f"give its address, for a Redshift its ARN, as sources.{system}; else its tables fail and all others go on"
        )
        return Finding(check="sources", status=WARNING, found=f"{system} is not named", mend=mend)
    if kind == REDSHIFT and not is_warehouse(address):
        mend = f"give {WANTED} as sources.{system}"
        return Finding(check="sources", status=FAILED, found=f"{system} is {address}", mend=mend)
    region = address.split(":")[3] if address.startswith("arn:") else caller.region
    if region != caller.region:
        mend = f"a warehouse unloads to buckets of its region: deploy to {region}, or name another"
        return Finding(check="sources", status=FAILED, found=f"{system} is in {region}", mend=mend)
    if address.startswith("arn:") and not (environment.vpc or environment.network):
        mend = "jobs reach SSM and Redshift's Data API in a VPC alone: give `vpc` or `network`"
        return Finding(check="sources", status=FAILED, found=f"{system} is asked without a VPC", mend=mend)
    return Finding(check="sources", status=OK, found=f"{system} is {address}")


def _connection(environment: Environment, system: str) -> Finding:
    """The finding on a system's secret; a missing one is no fault, since the first deploy creates it, empty."""
    secret, client = source_secret(environment.name, system), boto3.client("secretsmanager")
    try:
        description = client.describe_secret(SecretId=secret)
    except client.exceptions.ResourceNotFoundException:
        return Finding(check="sources", status=OK, found=f"{system}: the deploy will make the secret {secret}")
    if description.get("DeletedDate"):
        mend = (
            f"aws secretsmanager restore-secret --secret-id {secret}; before a first deploy, which makes it anew, wait "
            "until it is gone, or delete-secret with --force-delete-without-recovery"
        )
        return Finding(check="sources", status=FAILED, found=f"{system}: {secret} is to be deleted", mend=mend)
    if not description.get("VersionIdsToStages"):
        mend = f"./lake secrets put {environment.name} {system}, or its tables fail and all others go on"
        return Finding(check="sources", status=WARNING, found=f"{system}: the secret {secret} is empty", mend=mend)
    return Finding(check="sources", status=OK, found=f"{system}: the secret {secret} has a value")
