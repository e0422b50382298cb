"""Lists what a deployed environment's stacks consist of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NESTED = "AWS::CloudFormation::Stack"


def summaries(client: Any, stack: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a client of boto3
    """CloudFormation's list of the resources of a stack and its nested stacks; deleted ones may have left some too.

    Raises:
        ClientError: AWS refused, or there is no such stack.
    """
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            yield resource
            if resource["ResourceType"] == NESTED and resource.get("PhysicalResourceId"):
                yield from summaries(client, resource["PhysicalResourceId"])
