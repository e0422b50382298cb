"""Finds the resources that CloudFormation would remove or replace."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.comparing.templates import resources_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.comparing.templates import Resources

# Resources with content that a deploy cannot recreate.
STATEFUL = frozenset(
    {
        "AWS::S3::Bucket",
        "AWS::KMS::Key",
        "AWS::DynamoDB::Table",
        "AWS::SecretsManager::Secret",
        "AWS::Glue::Database",
        "AWS::Glue::Table",
        "AWS::MSK::ServerlessCluster",
    }
)
# The schemas of these types are the same in every region.
REGION = "us-east-1"


class Loss(NamedTuple):
    """One resource that would be removed or replaced, and why; for a stateful one that must not happen."""

    stack: str
    resource: str
    kind: str
    why: str

    @property
    def is_of_state(self) -> bool:
        """Whether the resource has content that cannot be recreated."""
        return self.kind in STATEFUL


def losses(base: Path, head: Path) -> list[Loss]:
    """The resources that a deploy of `head` over `base` removes or replaces, in the order of stacks and names."""
    before, after = resources_of(base), resources_of(head)
    return [loss for stack in sorted(before) for loss in _in_stack(stack, before[stack], after.get(stack, {}))]


def _in_stack(stack: str, before: Resources, after: Resources) -> Iterator[Loss]:
    for name, old in sorted(before.items()):
        new, kind = after.get(name), old["Type"]
        if new is None:
            yield Loss(stack, name, kind, "it is no longer in the template")
        elif new["Type"] != kind:
            yield Loss(stack, name, kind, f"it becomes a {new['Type']}")
        else:
            for path in create_only(kind):
                if _at(old, path) != _at(new, path):
                    yield Loss(stack, name, kind, f"{'.'.join(path)} cannot be changed in place")


@cache
def create_only(kind: str) -> tuple[tuple[str, ...], ...]:
    """The properties of a type whose change replaces the resource, from CloudFormation's own schema."""
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    except ResourceNotFoundError:
        return ()
    listed = [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    return tuple(tuple(path.removeprefix("/properties/").split("/")) for path in listed)


def _at(resource: dict[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a template's value of any shape
    value: Any = resource.get("Properties", {})
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value
