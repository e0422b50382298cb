"""Which of a contract's types are numbers, and which of these are exact."""

from __future__ import annotations

import re

INTEGERS = ("tinyint", "smallint", "int", "bigint")
FLOATING = ("float", "double")
# The digits, and how many of them are behind the point.
DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")


def is_integer(type_: str) -> bool:
    """Whether a type has only whole numbers."""
    return type_ in INTEGERS


def scale_of(type_: str) -> int | None:
    """The digits behind the point of an exact number; None for any other type."""
    if is_integer(type_):
        return 0
    found = DECIMAL.fullmatch(type_)
    return int(found[2]) if found else None
