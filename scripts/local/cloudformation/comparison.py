"""Compares what a service reports about a resource with what the template asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scripts.local.cloudformation.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scripts.local.cloudformation.resource import Resource


def require_as_asked(resource: Resource, made: Mapping[str, Any]) -> None:
    """Refuse a resource whose properties, as far as they could be read back, differ from the template's.

    Raises:
        TemplateError: the service has another value.
    """
    for name, value in made.items():
        if name not in resource.properties:
            continue
        for path, wanted, found in differences(resource.properties[name], value, name):
            raise TemplateError(
                f"{resource.place}: {path} was not made as the template says",
                given=json.dumps(wanted, default=str)[:300],
                expected=f"the same from the service, which has {json.dumps(found, default=str)[:300]}",
                mend="the service refused or forgot it silently: correct the template, or the handler of the type",
            )


def differences(wanted: Any, found: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, wanted, found) where `found` lacks something of `wanted`; more in `found` is no difference."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            yield from differences(value, found.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (left, right) in enumerate(zip(_ordered(wanted), _ordered(found), strict=True)):
            yield from differences(left, right, f"{path}[{index}]")
    elif _plain(wanted) != _plain(found):
        yield path, wanted, found


def _ordered(items: list[Any]) -> list[Any]:
    """Tags sorted by key and names sorted, since services return them in any order; other lists as they are."""
    if all(isinstance(item, dict) and "Key" in item for item in items):
        return sorted(items, key=lambda item: item["Key"])
    return sorted(items) if all(isinstance(item, str) for item in items) else items


def _plain(value: Any) -> Any:
    """A value as text, since templates write `true` and `30` with or without quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return value.strip() if isinstance(value, str) else value
