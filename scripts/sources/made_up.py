"""The made-up sources: files for the landing place that are generated from the samples by rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.sources.delivered_bridge import bridge_files
from scripts.sources.delivered_returns import returns_files

if TYPE_CHECKING:
    from collections.abc import Iterator


def made_up_files(delivery: int) -> Iterator[tuple[str, bytes]]:
    """The files of each day up to a delivery."""
    yield from bridge_files(delivery)
    yield from returns_files(delivery)
