"""The right to put the lake's own events on the account's event bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from shared.events import EVENT_SOURCE

if TYPE_CHECKING:
    from constructs import Construct


def put_events_statement(scope: Construct) -> iam.PolicyStatement:
    """The right to put events with the lake's own source on the bus, and no others."""
    return iam.PolicyStatement(
        actions=["events:PutEvents"],
        resources=[Stack.of(scope).format_arn(service="events", resource="event-bus", resource_name="default")],
        conditions={"StringEquals": {"events:source": EVENT_SOURCE}},
    )
