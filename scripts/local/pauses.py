"""Pauses between polls: short ones first, for what ends at once, then longer ones, which leave the cores to Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_SECONDS = 0.02
_GROWTH = 1.5


def growing(longest: float) -> Iterator[float]:
    """Yield the seconds to wait, growing up to the longest, without end."""
    pause = min(FIRST_SECONDS, longest)
    while True:
        yield pause
        pause = min(pause * _GROWTH, longest)
