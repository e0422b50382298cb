"""EventBridge Scheduler: schedules are stored and returned; no clock starts anything on a laptop."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource

_SETTINGS = frozenset(
    {"Description", "EndDate", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "ScheduleExpression"}
    | {"ScheduleExpressionTimezone", "StartDate", "State", "Target"}
)


@handles("AWS::Scheduler::Schedule")
class Schedule(Handler):
    """A schedule and what it would start."""

    applied = _SETTINGS | {"Name"}

    def create(self, resource: Resource) -> Made:
        """Create the schedule."""
        name = resource.get("Name", resource.name)
        arn = resource.call("scheduler", "create_schedule", Name=name, **resource.only(*_SETTINGS))["ScheduleArn"]
        return Made(name, {"Arn": arn})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the schedule in place."""
        resource.call("scheduler", "update_schedule", Name=made.ref, **resource.only(*_SETTINGS))
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the schedule."""
        resource.call("scheduler", "delete_schedule", Name=made.ref, **resource.only("GroupName"))

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The schedule as the service describes it."""
        return resource.call("scheduler", "get_schedule", Name=made.ref, **resource.only("GroupName"))


@handles("AWS::Scheduler::ScheduleGroup")
class ScheduleGroup(Handler):
    """A group of schedules."""

    applied = frozenset({"Name", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Create the group."""
        name = resource.get("Name", resource.name)
        answer = resource.call("scheduler", "create_schedule_group", Name=name, **resource.only("Tags"))
        return Made(name, {"Arn": answer["ScheduleGroupArn"]})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the group."""
        resource.call("scheduler", "delete_schedule_group", Name=made.ref)
