"""The queue of events that EventBridge, its scheduler or Lambda could not deliver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs

from infra.conventions.findings import accept

if TYPE_CHECKING:
    from constructs import Construct

# How often, and for how long, EventBridge tries to deliver an event before it goes to the queue.
DELIVERIES, KEPT_FOR = 10, Duration.hours(6)


def undelivered_queue(scope: Construct) -> sqs.Queue:
    """An encrypted queue `Undelivered` in a scope, with the longest retention that a queue can have."""
    queue = sqs.Queue(
        scope,
        "Undelivered",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    accept(queue, {"AwsSolutions-SQS3": "it is itself the queue for what could not be delivered"})
    return queue
