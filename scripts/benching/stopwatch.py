"""Times functions of the engine while a block runs, so that the engine itself needs no code for it."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType


@contextmanager
def parts_timed(parts: Mapping[str, list[tuple[ModuleType, str]]]) -> Iterator[dict[str, float]]:
    """Time parts of a block.

    Args:
        parts: The functions to time, by what they do: each as the module that calls it, and its name there.

    Yields:
        The total seconds of each part that was called.
    """
    taken: dict[str, float] = {}
    with ExitStack() as stack:
        for part, places in parts.items():
            for module, name in places:
                stack.enter_context(patch.object(module, name, _timed(getattr(module, name), part, taken)))
        yield taken


def _timed(work: Callable[..., Any], part: str, taken: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
        begun = time.monotonic()
        try:
            return work(*args, **named)
        finally:
            taken[part] = taken.get(part, 0.0) + time.monotonic() - begun

    return timed


def seconds(work: Callable[[], object]) -> float:
    """The elapsed seconds of some work."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
