"""How stacks are updated and deleted.

What moto 5.2.5 does differently: it deletes resources in any order, and also those to be retained when a template drops
them; it leaves a stack's outputs empty after a change set, and hides other stacks' exports from a new change set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.parsing import ResourceMap

from scripts.local.cloudformation.engine import Deployed
from scripts.local.patching import once

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = frozenset({"Retain", "RetainExceptOnCreate"})


def _delete(self: ResourceMap) -> None:
    """Delete the resources, the newest first, since they may depend on earlier ones."""
    for name, resource in reversed(list(self._parsed_resources.items())):
        if isinstance(resource, Deployed):
            self._delete_resource(resource, self._resource_json_map[name])


def _delete_resource(self: ResourceMap, parsed_resource: Deployed, resource_json: dict[str, Any]) -> None:
    if resource_json.get("DeletionPolicy") not in _KEPT:
        parsed_resource.delete(self._account_id, self._region_name)
    del self._parsed_resources[parsed_resource.logical_resource_id]


def _with_outputs(original: Callable[..., None]) -> Callable[..., None]:
    def execute_change_set(self: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
        change_set = self.describe_change_set(change_set_name)
        original(self, change_set_name, stack_name)
        stack = self.stacks[change_set.stack_id]
        stack.template_dict = change_set.template_dict
        stack.output_map = stack._create_output_map()
        self.exports.update({export.name: export for export in stack.exports})

    return execute_change_set


def _with_exports(original: Callable[..., tuple[str, str]]) -> Callable[..., tuple[str, str]]:
    def create_change_set(self: CloudFormationBackend, *args: Any, **named: Any) -> tuple[str, str]:
        made = original(self, *args, **named)
        stack = self.stacks[made[1]]
        stack.cross_stack_resources = stack.resource_map.cross_stack_resources = self.exports
        return made

    return create_change_set


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    ResourceMap.delete = _delete
    ResourceMap._delete_resource = _delete_resource
    once(CloudFormationBackend, "execute_change_set", _with_outputs)
    once(CloudFormationBackend, "create_change_set", _with_exports)
