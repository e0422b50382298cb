"""Wraps a method of moto once, however often it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DONE: set[tuple[Any, str]] = set()


def once(owner: Any, name: str, around: Callable[[Any], Any]) -> None:
    """Replace `owner.name` by `around(owner.name)`; a second call changes nothing.

    Args:
        owner: A class or a module.
        name: The attribute.
        around: Takes the original (a classmethod or staticmethod as such) and returns its replacement.
    """
    if (owner, name) not in _DONE:
        _DONE.add((owner, name))
        original = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
        setattr(owner, name, around(original))
