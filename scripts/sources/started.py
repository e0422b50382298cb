"""Runs a single stand-in for as long as it is needed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class StandIn(Protocol):
    """A process that is started, is ready some time later, and is stopped."""

    def start(self) -> None:
        """Start it, and return at once."""

    def ready(self) -> None:
        """Wait until it is ready."""

    def stop(self) -> None:
        """Stop it, whether it became ready or not."""


Started = TypeVar("Started", bound=StandIn)


@contextmanager
def running(stand_in: Started) -> Iterator[Started]:
    """Start a stand-in, wait until it is ready, and stop it at the end, even if it never became ready."""
    try:
        stand_in.start()
        stand_in.ready()
        yield stand_in
    finally:
        stand_in.stop()
