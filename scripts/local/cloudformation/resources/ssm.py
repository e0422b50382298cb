"""SSM parameters."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::SSM::Parameter")
class Parameter(Handler):
    """A parameter and its value."""

    applied = frozenset({"AllowedPattern", "DataType", "Description", "Name", "Tags", "Tier", "Type", "Value"})

    def create(self, resource: Resource) -> Made:
        """Write the parameter."""
        name = resource.get("Name", resource.name)
        tags = [{"Key": key, "Value": value} for key, value in (resource.get("Tags") or {}).items()]
        given = resource.without("Name", "Tags")
        resource.call("ssm", "put_parameter", Name=name, Tags=tags or None, **given)
        return self._made(resource, name)

    def update(self, resource: Resource, made: Made) -> Made:
        """Overwrite the old value with the new one."""
        given = resource.without("Name", "Tags")
        resource.call("ssm", "put_parameter", Name=made.ref, Overwrite=True, **given)
        return self._made(resource, made.ref)

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the parameter."""
        resource.call("ssm", "delete_parameter", Name=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The parameter as the service describes it."""
        found = resource.call("ssm", "get_parameter", Name=made.ref)["Parameter"]
        return {"Type": found["Type"], "Value": found["Value"]}

    def _made(self, resource: Resource, name: str) -> Made:
        return Made(name, {"Type": resource.get("Type"), "Value": resource.get("Value")})
