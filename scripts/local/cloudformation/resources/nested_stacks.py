"""Nested stacks: a template in S3, deployed as a separate stack whose outputs the parent reads."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.models import CloudFormationBackend, Stack, cloudformation_backends

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource
from scripts.local.cloudformation.templates import template_at


@handles("AWS::CloudFormation::Stack")
class NestedStack(Handler):
    """A nested stack."""

    applied = frozenset({"Parameters", "Tags", "TemplateURL"})
    idle = because(NotificationARNs="nobody is told", TimeoutInMinutes="nothing waits on a laptop")

    def create(self, resource: Resource) -> Made:
        """Deploy the template."""
        stack = _backend(resource).create_stack(
            name=resource.name,
            template=_template(resource),
            parameters=_parameters(resource),
            tags=resource.tags(),
        )
        return _made(stack)

    def update(self, resource: Resource, made: Made) -> Made:
        """Update the stack to the new template, resource by resource."""
        stack = _backend(resource).get_stack(made.ref)
        stack.update(_template(resource), parameters=_parameters(resource), tags=resource.tags())
        return _made(stack)

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the stack."""
        _backend(resource).delete_stack(made.ref)


def _backend(resource: Resource) -> CloudFormationBackend:
    return cloudformation_backends[resource.account][resource.region]


def _made(stack: Stack) -> Made:
    outputs = {f"Outputs.{output.key}": output.value for output in stack.output_map.values() if output}
    return Made(stack.stack_id, outputs)


def _parameters(resource: Resource) -> dict[str, Any]:
    return dict(resource.get("Parameters", {}))


def _template(resource: Resource) -> str:
    return template_at(resource.get("TemplateURL"))
