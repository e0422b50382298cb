"""EventBridge rules."""

from __future__ import annotations

import json

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::Events::Rule")
class Rule(Handler):
    """A rule and its targets."""

    applied = frozenset(
        {"Description", "EventBusName", "EventPattern", "Name", "RoleArn", "ScheduleExpression"}
        | {"State", "Tags", "Targets"}
    )

    def create(self, resource: Resource) -> Made:
        """Create the rule, then its targets."""
        return self._put(resource, resource.get("Name", resource.name))

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the rule in place."""
        return self._put(resource, made.ref)

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the rule and its targets."""
        bus = resource.only("EventBusName")
        targets = [target["Id"] for target in resource.get("Targets", [])]
        if targets:
            resource.call("events", "remove_targets", Rule=made.ref, Ids=targets, **bus)
        resource.call("events", "delete_rule", Name=made.ref, **bus)

    def _put(self, resource: Resource, name: str) -> Made:
        pattern = resource.get("EventPattern")
        given = resource.only("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State", "Tags")
        text = json.dumps(pattern) if pattern is not None else None
        arn = resource.call("events", "put_rule", Name=name, EventPattern=text, **given)["RuleArn"]
        if targets := resource.get("Targets"):
            resource.call("events", "put_targets", Rule=name, Targets=targets, **resource.only("EventBusName"))
        return Made(name, {"Arn": arn})
