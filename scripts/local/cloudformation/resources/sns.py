"""SNS topics, their policies and subscriptions."""

from __future__ import annotations

import json
from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource

_ATTRIBUTES = ("ContentBasedDeduplication", "DisplayName", "FifoTopic", "KmsMasterKeyId", "SignatureVersion")
_SUBSCRIPTION = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")


def texts(attributes: dict[str, Any]) -> dict[str, str]:
    """Attributes in the form of SNS and SQS: everything is text, documents are JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()}


@handles("AWS::SNS::Topic")
class Topic(Handler):
    """A topic and its inline subscriptions."""

    applied = frozenset({*_ATTRIBUTES, "Subscription", "Tags", "TopicName"})
    idle = because(TracingConfig="nothing is traced on a laptop")

    def create(self, resource: Resource) -> Made:
        """Create the topic and subscribe to it."""
        name = resource.get("TopicName", resource.name)
        arn = resource.call(
            "sns", "create_topic", Name=name, Attributes=texts(resource.only(*_ATTRIBUTES)), **resource.only("Tags")
        )["TopicArn"]
        for subscription in resource.get("Subscription", []):
            resource.call("sns", "subscribe", TopicArn=arn, **subscription)
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the attributes in place."""
        for key, value in texts(resource.only(*_ATTRIBUTES)).items():
            resource.call("sns", "set_topic_attributes", TopicArn=made.ref, AttributeName=key, AttributeValue=value)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the topic."""
        resource.call("sns", "delete_topic", TopicArn=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The topic as the service describes it."""
        found = resource.call("sns", "get_topic_attributes", TopicArn=made.ref)["Attributes"]
        return {name: found[name] for name in ("DisplayName", "KmsMasterKeyId") if name in found}


@handles("AWS::SNS::TopicPolicy")
class TopicPolicy(Handler):
    """The policy of topics."""

    applied = frozenset({"PolicyDocument", "Topics"})

    def create(self, resource: Resource) -> Made:
        """Put the policy on every topic."""
        policy = json.dumps(resource.get("PolicyDocument"))
        for topic in resource.get("Topics"):
            resource.call("sns", "set_topic_attributes", TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        return Made(resource.name)


@handles("AWS::SNS::Subscription")
class Subscription(Handler):
    """A subscription to a topic; a laptop sends no mail."""

    applied = frozenset({*_SUBSCRIPTION, "Endpoint", "Protocol", "TopicArn"})

    def create(self, resource: Resource) -> Made:
        """Subscribe."""
        given = resource.only("Endpoint", "Protocol", "TopicArn")
        attributes = texts(resource.only(*_SUBSCRIPTION))
        answer = resource.call("sns", "subscribe", ReturnSubscriptionArn=True, Attributes=attributes, **given)
        return Made(answer["SubscriptionArn"], {"Arn": answer["SubscriptionArn"]})

    def delete(self, resource: Resource, made: Made) -> None:
        """Unsubscribe."""
        resource.call("sns", "unsubscribe", SubscriptionArn=made.ref)
