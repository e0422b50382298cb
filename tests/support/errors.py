"""Errors of the house to raise in tests, whose other three parts do not matter there."""

from __future__ import annotations

from typing import TypeVar

from shared.errors import LakewrightError

Kind = TypeVar("Kind", bound=LakewrightError)


def error(kind: type[Kind], what: str) -> Kind:
    """An error of a kind."""
    return kind(what, given="this", expected="that", mend="mend it")
