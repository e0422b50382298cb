"""A standard output per thread: what a Lambda prints goes to its log, what others print to the terminal."""

from __future__ import annotations

import io
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_captures = threading.local()
# Streams are never let go of: a thread may print on one at the moment it is taken out of its place.
_ever: list[ThreadStream] = []


class ThreadStream(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr.

    A logger that a Lambda's module makes keeps the stream it finds at import, for good; so the stream itself must
    know whom it writes for.

    Args:
        original: Where threads write that nobody captures.
    """

    def __init__(self, original: TextIO) -> None:
        self.original = original

    def write(self, text: str) -> int:
        """Write to the capture of this thread, or to the original."""
        target = getattr(_captures, "target", None)
        return (target if target is not None else self.original).write(text)

    def flush(self) -> None:
        """Flush the original; a capture needs none."""
        self.original.flush()

    def isatty(self) -> bool:
        """Whether the original is a terminal."""
        return self.original.isatty()

    def fileno(self) -> int:
        """The original's."""
        return self.original.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The original's."""
        return self.original.encoding


@contextmanager
def captured() -> Iterator[io.StringIO]:
    """Collect what this thread prints, inside `thread_streams()`."""
    before, _captures.target = getattr(_captures, "target", None), io.StringIO()
    try:
        yield _captures.target
    finally:
        _captures.target = before


@contextmanager
def thread_streams() -> Iterator[None]:
    """Put thread-aware streams in place of the standard ones; what is there already is left.

    Only for the main thread: while one thread prints, Python holds the stream by a borrowed reference, so that another
    thread that puts a new one in its place takes it away from under the first.
    """
    before: dict[str, Any] = {"stdout": sys.stdout, "stderr": sys.stderr}
    for name, stream in before.items():
        if not isinstance(stream, ThreadStream):
            _ever.append(ThreadStream(stream))
            setattr(sys, name, _ever[-1])
    try:
        yield
    finally:
        for name, stream in before.items():
            setattr(sys, name, stream)
