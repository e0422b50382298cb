"""A stand-in that runs for as long as somebody needs it alone, and not all of them together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class StandIn(Protocol):
    """What is started, is ready some time later, and is stopped."""

    def start(self) -> None:
        """Begin to come up."""

    def ready(self) -> None:
        """Wait until it is."""

    def stop(self) -> None:
        """End it, whether it came up or not."""


Started = TypeVar("Started", bound=StandIn)


@contextmanager
def running(stand_in: Started) -> Iterator[Started]:
    """Start a stand-in, wait until it is ready, and stop it in the end, also if it never came up."""
    try:
        stand_in.start()
        stand_in.ready()
        yield stand_in
    finally:
        stand_in.stop()
