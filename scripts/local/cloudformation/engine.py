"""moto's CloudFormation with our handlers instead of its own models.

What moto 5.2.5 does differently: it skips types that it lacks with a warning, ignores properties that its models do not
read, and ignores `DependsOn` in change sets.
"""

from __future__ import annotations

from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.utils import random_suffix

from scripts.local.cloudformation import registry
from scripts.local.cloudformation.comparison import require_as_asked
from scripts.local.cloudformation.errors import TemplateError
from scripts.local.cloudformation.resource import Made, Resource

_SUFFIX = 13  # a hyphen and moto's twelve characters
_NAME_LIMITS = {
    "AWS::S3::Bucket": 63,
    "AWS::Lambda::Function": 64,
    "AWS::IAM::Role": 64,
    "AWS::Events::Rule": 64,
    "AWS::Scheduler::Schedule": 64,
    "AWS::Scheduler::ScheduleGroup": 64,
    "AWS::EMRServerless::Application": 64,
    "AWS::StepFunctions::StateMachine": 80,
    "AWS::SQS::Queue": 75,
}


class Deployed:
    """A deployed resource, with the interface that moto's stack expects."""

    def __init__(self, resource: Resource, made: Made, handler: registry.Handler) -> None:
        self.resource, self.made, self.handler = resource, made, handler
        self.logical_resource_id, self.cf_resource_type = resource.logical_id, resource.kind

    @property
    def physical_resource_id(self) -> str:
        """The value of `Ref`."""
        return self.made.ref

    @classmethod
    def has_cfn_attr(cls, name: str) -> bool:
        """Return True: attributes are checked when they are read."""
        return True

    def get_cfn_attribute(self, name: str) -> Any:
        """The value of `Fn::GetAtt`.

        Raises:
            TemplateError: the handler of the type does not return the attribute.
        """
        if name not in self.made.attributes:
            raise TemplateError(
                f"{self.resource.place}: Fn::GetAtt asks for {name}",
                given=name,
                expected="one of " + (", ".join(sorted(self.made.attributes)) or "none: this type has no attributes"),
                mend=f"correct the name, or teach it to {type(self.handler).__module__}",
            )
        return self.made.attributes[name]

    def is_created(self) -> bool:
        """Return True: everything local is created at once."""
        return True

    def delete(self, account: str, region: str) -> None:
        """Delete the resource."""
        self.handler.delete(self.resource, self.made)


def create_resource(
    logical_id: str, template: dict[str, Any], resources: parsing.ResourceMap, account_id: str, region_name: str
) -> Deployed | None:
    """Create one resource, after those that it depends on; None if its condition is false."""
    condition = template.get("Condition")
    if condition and not resources.lazy_condition_map[condition]:
        return None
    depends_on = template.get("DependsOn", [])
    for dependency in [depends_on] if isinstance(depends_on, str) else depends_on:
        resources[dependency]
    resource, handler = _resolve(logical_id, template, resources, account_id, region_name)
    return _checked(resource, handler.create(resource), handler)


def update_resource(
    logical_id: str, template: dict[str, Any], resources: parsing.ResourceMap, account_id: str, region_name: str
) -> Deployed | None:
    """Update one resource to what its template says now."""
    present = resources[logical_id]
    if not isinstance(present, Deployed) or present.cf_resource_type != template["Type"]:
        return create_resource(logical_id, template, resources, account_id, region_name)
    resource, handler = _resolve(logical_id, template, resources, account_id, region_name)
    return _checked(resource, handler.update(resource, present.made), handler)


def _resolve(
    logical_id: str, template: dict[str, Any], resources: parsing.ResourceMap, account: str, region: str
) -> tuple[Resource, registry.Handler]:
    stack, kind = str(resources["AWS::StackName"]), template["Type"]
    handler = registry.handler_for(stack, logical_id, kind)
    properties = _pruned(parsing.clean_json(template.get("Properties", {}), resources))
    registry.check_properties(stack, logical_id, kind, properties)
    name = physical_name(kind, stack, logical_id)
    return Resource(stack, logical_id, kind, name, properties, account, region), handler


def _checked(resource: Resource, made: Made, handler: registry.Handler) -> Deployed:
    require_as_asked(resource, handler.read(resource, made))
    return Deployed(resource, made, handler)


def _pruned(value: Any) -> Any:
    """A value without the nulls that `AWS::NoValue` leaves in lists and mappings."""
    if isinstance(value, dict):
        return {key: _pruned(item) for key, item in value.items() if item is not None}
    return [_pruned(item) for item in value if item is not None] if isinstance(value, list) else value


def physical_name(kind: str, stack: str, logical_id: str) -> str:
    """A name like CloudFormation's: stack, logical id and a random suffix, at most as long as the type allows."""
    room = _NAME_LIMITS.get(kind, 128) - _SUFFIX
    head = f"{stack}-{logical_id}"
    if len(head) > room:
        head = f"{stack[: room // 2]}-{logical_id[-(room - room // 2 - 1) :]}"
    name = f"{head}-{random_suffix()}"
    return name.lower() if kind == "AWS::S3::Bucket" else name


def check_template(stack: str, template: dict[str, Any]) -> None:
    """Refuse a template with unknown types or properties before anything of it is created."""
    for logical_id, resource in template.get("Resources", {}).items():
        registry.check_properties(stack, logical_id, resource["Type"], resource.get("Properties", {}))


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    if parsing.parse_and_create_resource is create_resource:
        return
    parsing.parse_and_create_resource = create_resource
    parsing.parse_and_update_resource = update_resource
    parsing.resource_class_from_type = lambda _kind: Deployed
    _check_before_making()


def _check_before_making() -> None:
    load_mapping = parsing.ResourceMap.load_mapping

    def checked(self: parsing.ResourceMap) -> None:
        check_template(str(self["AWS::StackName"]), self._template)
        load_mapping(self)

    parsing.ResourceMap.load_mapping = checked
