"""Athena workgroups."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::Athena::WorkGroup")
class WorkGroup(Handler):
    """A workgroup; no query runs on a laptop."""

    applied = frozenset({"Description", "Name", "State", "Tags", "WorkGroupConfiguration"})
    idle = because(RecursiveDeleteOption="there is no query to be deleted with it")

    def create(self, resource: Resource) -> Made:
        """Create the workgroup."""
        configuration = resource.get("WorkGroupConfiguration")
        given = resource.only("Description", "Name", "Tags")
        resource.call("athena", "create_work_group", Configuration=configuration, **given)
        return Made(resource.get("Name"))

    def update(self, resource: Resource, made: Made) -> Made:
        """Keep the workgroup: moto takes no update of its configuration."""
        return made

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The workgroup as the service describes it."""
        found = resource.call("athena", "get_work_group", WorkGroup=made.ref)["WorkGroup"]
        return {"Name": found["Name"], "WorkGroupConfiguration": found["Configuration"]}
