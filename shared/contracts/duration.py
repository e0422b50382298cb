"""Durations as contracts write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts.document import Document

DAY = 86400
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": DAY}
DURATION = re.compile(r"(\d{1,6}) (second|minute|hour|day)s?")


def seconds(document: Document, custom: Mapping[str, Any], key: str) -> int | None:
    """The seconds of a custom property such as `15 minutes`; None if it is not given.

    Raises:
        ContractError: the value is not a duration.
    """
    if custom.get(key) is None:
        return None
    match = DURATION.fullmatch(str(custom[key]))
    if not match:
        raise document.error(
            f"{key} is not a duration",
            document.at_custom(key),
            given=str(custom[key]),
            expected="<number> seconds|minutes|hours|days",
        )
    return int(match[1]) * UNITS[match[2]]


def in_words(number: int | None) -> str:
    """Seconds as a contract would write them; `for ever` for None."""
    if number is None:
        return "for ever"
    unit, size = next((u, n) for u, n in reversed(UNITS.items()) if number % n == 0)
    return f"{number // size} {unit}" + ("" if number == size else "s")
