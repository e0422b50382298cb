"""Accepts findings of cdk-nag, each with its reason, beside the construct it is about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Names, NestedStack, Stack, Validations

if TYPE_CHECKING:
    from constructs import IConstruct


def accept(construct: IConstruct, findings: dict[str, str]) -> None:
    """Accept findings on a construct and all below it.

    Args:
        construct: Where the findings are reported.
        findings: The rule (for IAM5 with the exact action or resource in brackets) -> why it is accepted.
    """
    for rule, reason in findings.items():
        Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def wildcard(resource: str) -> str:
    """The finding that a policy names resources by a pattern; `<...>` stands for values known only at the deploy."""
    return f"AwsSolutions-IAM5[Resource::{resource}]"


def seen_from_outside(resource: IConstruct, attribute: str) -> str:
    """How a finding in one nested stack writes an attribute of a resource in another: as the parameter that passes it.

    The CDK names that parameter after the nested stack and the resource.
    """
    stack = Stack.of(resource)
    if not isinstance(stack, NestedStack) or stack.nested_stack_resource is None:
        raise TypeError(f"{resource.node.path} is in no nested stack")
    outside, inside = stack.nested_stack_resource, resource
    return f"<referenceto{Names.node_unique_id(outside.node)}Outputs{Names.node_unique_id(inside.node)}{attribute}>"


def spelled(construct: IConstruct, text: str) -> str:
    """How a finding writes a text that contains CloudFormation functions other than references: each as its JSON."""
    resolved = Stack.of(construct).resolve(text)
    parts = resolved["Fn::Join"][1] if isinstance(resolved, dict) else [resolved]
    return "".join(part if isinstance(part, str) else json.dumps(part, separators=(",", ":")) for part in parts)
