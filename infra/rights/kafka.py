"""The rights of a job on an MSK cluster to which it logs in by its role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Fn, Stack
from aws_cdk import aws_iam as iam

from shared.contracts.connections import registered_schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.contracts import Catalog

# Spark names the consumer groups of its reads itself, with this prefix.
GROUPS = "lakewright-*"


def kafka_read_statements(cluster_arn: str, topics: Iterable[str]) -> list[iam.PolicyStatement]:
    """The rights to read topics of a cluster, and nothing else there.

    Source: Amazon MSK developer guide, "Semantics of IAM authorization policy actions and resources".

    Args:
        cluster_arn: `arn:aws:kafka:<region>:<account>:cluster/<name>/<id>`, or its token until the deploy.
        topics: Their names.
    """
    granted = {
        ("Connect",): [cluster_arn],
        ("DescribeTopic", "ReadData"): [_within(cluster_arn, "topic", topic) for topic in topics],
        ("DescribeGroup", "AlterGroup"): [_within(cluster_arn, "group", GROUPS)],
    }
    return [
        iam.PolicyStatement(actions=[f"kafka-cluster:{action}" for action in actions], resources=resources)
        for actions, resources in granted.items()
        if resources
    ]


def schema_read_statements(stack: Stack, catalog: Catalog) -> list[iam.PolicyStatement]:
    """The right to read the schemas of Glue's registry that contracts name, and no others; none if they name none.

    Source: AWS service authorization reference, "AWS Glue". With only the UUID of a version,
    `GetSchemaVersion` would need the right to every resource.
    """
    named = registered_schemas(catalog)
    registries = {f"registry/{name.registry}" for name in named}
    schemas = {f"schema/{name.registry}/{name.schema}" for name in named}
    arns = [stack.format_arn(service="glue", resource=name) for name in sorted(registries | schemas)]
    actions = ["glue:GetSchema", "glue:GetSchemaVersion"]
    return [iam.PolicyStatement(actions=actions, resources=arns)] if arns else []


def group_arn(cluster_arn: str) -> str:
    """The ARN of the consumer groups, which ends in a wildcard."""
    return _within(cluster_arn, "group", GROUPS)


def _within(cluster_arn: str, kind: str, name: str) -> str:
    head, cluster = (Fn.select(part, Fn.split(":cluster/", cluster_arn)) for part in (0, 1))
    return f"{head}:{kind}/{cluster}/{name}"
