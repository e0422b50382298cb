"""The right to the rule with which a state machine waits for what a task has started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from constructs import Construct


def managed_rule_statement(scope: Construct, rule_name: str) -> iam.PolicyStatement:
    """The right to one EventBridge rule that Step Functions keeps in the account.

    `.sync` waits by means of it; without the right to it a task never ends.
    """
    return iam.PolicyStatement(
        actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"],
        resources=[Stack.of(scope).format_arn(service="events", resource="rule", resource_name=rule_name)],
    )
