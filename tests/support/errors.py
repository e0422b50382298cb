"""Our errors for tests to raise when their other three parts do not matter."""

from __future__ import annotations

from typing import TypeVar

from shared.errors import LakewrightError

Kind = TypeVar("Kind", bound=LakewrightError)


def error(kind: type[Kind], what: str) -> Kind:
    """An error of a class."""
    return kind(what, given="this", expected="that", mend="mend it")
