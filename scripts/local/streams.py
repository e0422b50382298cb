"""A standard output per thread: what a Lambda function prints goes to its log, everything else to the terminal."""

from __future__ import annotations

import io
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_captures = threading.local()
# Streams are kept for ever: a thread may be printing on one at the moment when it is replaced.
_ever: list[ThreadStream] = []


class ThreadStream(io.TextIOBase):
    """Replaces sys.stdout or sys.stderr, and writes to the capture of the current thread, if it has one.

    A logger that a Lambda function's module creates keeps the stream that it finds at import; so the stream itself has
    to decide where it writes.

    Args:
        original: The stream for threads without a capture.
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
    """Replace the standard streams by thread-aware ones, unless they already are.

    Only for the main thread: while a thread prints, Python has only a borrowed reference to the stream, so another
    thread that replaces the stream could free it during the print.
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
