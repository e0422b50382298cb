"""The CloudFormation types that the local account knows, and their properties.

Each type has a handler, which declares for every property that it is applied, or why it does nothing here. Any other
property, and any other type, is an error: if one were skipped silently, a laptop would accept what AWS would not.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from scripts.local.cloudformation.errors import TemplateError, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scripts.local.cloudformation.resource import Made, Resource


class Handler(ABC):
    """Creates, updates and deletes resources of one type.

    Attributes:
        applied: The properties that `create` applies.
        idle: The properties that have no effect on a laptop, each with the reason.
    """

    applied: ClassVar[frozenset[str]] = frozenset()
    idle: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @abstractmethod
    def create(self, resource: Resource) -> Made:
        """Create the resource."""

    def update(self, resource: Resource, made: Made) -> Made:
        """Update the resource; unless a handler overrides this, by deleting and recreating it."""
        self.delete(resource, made)
        return self.create(resource)

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the resource; unless a handler overrides this, it stays, since the whole account is discarded."""
        return

    def read(self, resource: Resource, made: Made) -> Mapping[str, Any]:
        """The properties as the service has them; only those that are returned are compared with the template."""
        return {}


def because(**reasons: str) -> Mapping[str, str]:
    """Properties that have no effect on a laptop, each with the reason."""
    return MappingProxyType(reasons)


_HANDLERS: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[type[Handler]], type[Handler]]:
    """Register a handler class for a CloudFormation type."""

    def register(handler: type[Handler]) -> type[Handler]:
        _HANDLERS[kind] = handler()
        return handler

    return register


def known_types() -> list[str]:
    """The types that have a handler."""
    return sorted(_HANDLERS)


def handler_for(stack: str, logical_id: str, kind: str) -> Handler:
    """The handler of a type.

    Raises:
        TemplateError: the local account does not know the type.
    """
    handler = _HANDLERS.get(kind)
    if handler is None:
        near = difflib.get_close_matches(kind, _HANDLERS, n=3) or known_types()
        raise TemplateError(
            f"{place(stack, logical_id, kind)}: the local account does not know this type",
            given=kind,
            expected="one of " + ", ".join(near),
            mend="add a handler under scripts/local/cloudformation/resources/, or declare there why it does nothing",
        )
    return handler


def check_properties(stack: str, logical_id: str, kind: str, names: Iterable[str]) -> None:
    """Refuse properties that the type's handler neither applies nor declares idle.

    Raises:
        TemplateError: an unknown type, or an unknown property.
    """
    handler = handler_for(stack, logical_id, kind)
    known = handler.applied | set(handler.idle)
    unknown = sorted(set(names) - known)
    if unknown:
        raise TemplateError(
            f"{place(stack, logical_id, kind)}: the local account does not know the property {', '.join(unknown)}",
            given=", ".join(unknown),
            expected="one of " + ", ".join(sorted(known)),
            mend=f"correct the name, or teach it to {type(handler).__module__}",
        )
