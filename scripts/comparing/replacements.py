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
# What a contract has made, by what names it. When the contract goes, which `lake plan` guards, its rows stay in the
# lake, and a connection stays in the account where its deletion policy says so.
OF_CONTRACTS = {
    "AWS::Glue::Table": (("DatabaseName",), ("TableInput", "Name")),
    "AWS::SecretsManager::Secret": (("Name",),),
}
# The schemas of these types are the same in every region.
REGION = "us-east-1"


class Loss(NamedTuple):
    """One resource that would be removed or replaced, and why; one that `keeps_data` must not be."""

    stack: str
    resource: str
    kind: str
    why: str
    keeps_data: bool


def losses(base: Path, head: Path) -> list[Loss]:
    """The resources that a deploy of `head` over `base` removes or replaces, in the order of stacks and names."""
    before, after = resources_of(base), resources_of(head)
    named = [_named(resource) for resources in after.values() for resource in resources.values()]
    return [loss for stack in sorted(before) for loss in _in_stack(stack, before[stack], after.get(stack, {}), named)]


def _in_stack(stack: str, before: Resources, after: Resources, named: list[list[Any]]) -> Iterator[Loss]:
    """The losses of one stack; `named` is what all stacks name afterwards."""
    for name, old in sorted(before.items()):
        new, kind = after.get(name), old["Type"]
        is_stateful = kind in STATEFUL
        if new is None:
            is_dropped = _outlives_its_contract(old) and _named(old) not in named
            yield Loss(stack, name, kind, "it is no longer in the template", is_stateful and not is_dropped)
        elif new["Type"] != kind:
            yield Loss(stack, name, kind, f"it becomes a {new['Type']}", is_stateful)
        else:
            for path in create_only(kind):
                if _at(old, path) != _at(new, path):
                    yield Loss(stack, name, kind, f"{'.'.join(path)} cannot be changed in place", is_stateful)


def _outlives_its_contract(resource: dict[str, Any]) -> bool:
    """Whether nothing is lost when its contract goes. A secret whose value was generated is no contract's."""
    if resource["Type"] == "AWS::SecretsManager::Secret":
        is_retained = resource.get("DeletionPolicy", "Delete").startswith("Retain")
        return is_retained and _at(resource, ("GenerateSecretString",)) is None
    return resource["Type"] in OF_CONTRACTS


def _named(resource: dict[str, Any]) -> list[Any]:
    return [resource["Type"], *(_at(resource, path) for path in OF_CONTRACTS.get(resource["Type"], ()))]


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
