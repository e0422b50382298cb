"""Samples memory while something runs: that of a process and its descendants, or another figure."""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Self

from scripts.local.processes import PROC, descendants

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE_SECONDS = 0.5


class PeakMemory:
    """The peak memory that is sampled inside a `with` block.

    Args:
        look: Returns the current number of bytes. By default this is the sum over this process and its descendants, as
            proportional set size, so that pages that forks share are counted once. That needs Linux's /proc.
    """

    def __init__(self, look: Callable[[], int] | None = None) -> None:
        self.bytes = 0
        self._look = look or partial(tree_bytes, os.getpid())
        self._done = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="memory", daemon=True)

    def __enter__(self) -> Self:
        """Start sampling."""
        self._sampler.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop sampling."""
        self._done.set()
        self._sampler.join()

    def _sample(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, self._look())


def tree_bytes(root: int) -> int:
    """The current memory of a process and its descendants, in bytes."""
    return sum(map(process_bytes, tree_of(root)))


def tree_of(root: int) -> list[int]:
    """The ids of a process and its current descendants."""
    return [root, *descendants(root)]


def process_bytes(process: int) -> int:
    """The current memory of one process, in bytes; 0 if it has ended."""
    try:
        lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
