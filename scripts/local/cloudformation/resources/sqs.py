"""SQS queues and their policies."""

from __future__ import annotations

import json
from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource
from scripts.local.cloudformation.resources.sns import texts

_ATTRIBUTES = frozenset(
    {"ContentBasedDeduplication", "DelaySeconds", "FifoQueue", "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId"}
    | {"MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy"}
    | {"RedrivePolicy", "SqsManagedSseEnabled", "VisibilityTimeout"}
)


@handles("AWS::SQS::Queue")
class Queue(Handler):
    """A queue and its attributes."""

    applied = _ATTRIBUTES | {"QueueName", "Tags"}

    def create(self, resource: Resource) -> Made:
        """Create the queue."""
        name = resource.get("QueueName", resource.name)
        attributes = texts(resource.only(*_ATTRIBUTES))
        answer = resource.call(
            "sqs", "create_queue", QueueName=name, Attributes=attributes, Tags=resource.tags() or None
        )
        url = answer["QueueUrl"]
        arn = f"arn:aws:sqs:{resource.region}:{resource.account}:{name}"
        return Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the attributes in place: the queue keeps its messages."""
        attributes = texts(resource.only(*_ATTRIBUTES - {"FifoQueue"}))
        if attributes:
            resource.call("sqs", "set_queue_attributes", QueueUrl=made.ref, Attributes=attributes)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the queue."""
        resource.call("sqs", "delete_queue", QueueUrl=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The queue as the service describes it."""
        answer = resource.call("sqs", "get_queue_attributes", QueueUrl=made.ref, AttributeNames=["All"])
        found = answer["Attributes"]
        names = ("KmsMasterKeyId", "MessageRetentionPeriod", "SqsManagedSseEnabled", "VisibilityTimeout")
        return {name: found[name] for name in names if name in found}


@handles("AWS::SQS::QueuePolicy")
class QueuePolicy(Handler):
    """The policy of queues."""

    applied = frozenset({"PolicyDocument", "Queues"})

    def create(self, resource: Resource) -> Made:
        """Put the policy on every queue."""
        policy = json.dumps(resource.get("PolicyDocument"))
        for queue in resource.get("Queues"):
            resource.call("sqs", "set_queue_attributes", QueueUrl=queue, Attributes={"Policy": policy})
        return Made(resource.name)
