"""Converts values to the shapes of AWS requests and responses, as botocore defines them.

CloudFormation properties and Step Functions arguments are written in PascalCase and often as text ("true", "30");
the API expects its own casing and types. One walk over the shape converts both, and finds members that the API lacks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRUE = {"true": True, "false": False}


class UnknownMemberError(Exception):
    """A member the API's shape does not have.

    Args:
        path: Where it is, such as `JobDriver.SparkSubmit.Foo`.
        known: The members that exist there.
    """

    def __init__(self, path: str, known: Iterable[str]) -> None:
        self.path, self.known = path, sorted(known)
        super().__init__(f"unknown member {path}; known: {', '.join(self.known)}")


def to_request(shape: Shape, value: Any, path: str = "") -> Any:
    """Convert a value to what the API expects: member names in its casing, scalars in its types.

    Raises:
        UnknownMemberError: the value has a member that the shape does not have.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return _structure(shape, value, path)
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [to_request(shape.member, item, f"{path}[]") for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: to_request(shape.value, item, f"{path}.{key}") for key, item in value.items()}
    return _scalar(shape.type_name, value)


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> dict[str, Any]:
    if getattr(shape, "is_document_type", False):
        return value
    members = {name.lower(): name for name in shape.members}
    request = {}
    for key, item in value.items():
        place = f"{path}.{key}" if path else key
        if key.lower() not in members:
            raise UnknownMemberError(place, (pascal(name) for name in shape.members))
        name = members[key.lower()]
        request[name] = to_request(shape.members[name], item, place)
    return request


def _scalar(kind: str, value: Any) -> Any:
    if isinstance(value, str):
        if kind == "boolean":
            return _TRUE.get(value.lower(), value)
        if kind in ("integer", "long"):
            return int(value) if value.lstrip("-").isdigit() else value
        if kind in ("float", "double"):
            return float(value)
    elif kind in ("float", "double") and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif kind in ("string", "blob") and not isinstance(value, bytes):
        # Both services write documents, numbers and booleans into text members as JSON.
        return json.dumps(value, separators=(",", ":"))
    return value


def to_pascal(shape: Shape | None, value: Any) -> Any:
    """Convert a response to what Step Functions shows: member names in PascalCase; keys of maps stay as they are."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {pascal(key): to_pascal(shape.members.get(key), item) for key, item in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [to_pascal(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: to_pascal(shape.value, item) for key, item in value.items()}
    return value


def pascal(name: str) -> str:
    """The name with a capital first letter."""
    return name[:1].upper() + name[1:]
