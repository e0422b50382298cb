"""Ends the work before each of its writes, one after the other, as a process that dies there would."""

from __future__ import annotations

import functools
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.ingest.reading import Reading
from jobs.publish.items import Publication
from jobs.runtime import commit, lease, schedule, staging
from shared.errors import TerminalError
from tests.support.writers import WRITERS, patch_everywhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

# What a dead process no longer does.
CLEANERS = (staging.remove_folder,)


class KilledError(BaseException):
    """The process is dead; nothing in the engine catches this."""


def die(*_: object, **__: object) -> None:
    """Fail a table in the place of some function."""
    raise TerminalError("the run dies here")


@contextmanager
def dying_before_landing(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let refined tables fail within the block after their companions have committed, and before they do."""
    with patch.context() as dying:
        for module in ("flow", "history"):
            dying.setattr(f"jobs.refine.{module}.land", die)
        yield


@dataclass
class Reaper:
    """Ends the work at the first point at which it has not ended it yet, until no such point is left.

    A point is a function that writes together with its place, so the points of a new flow are found automatically.
    """

    seen: list[str] = field(default_factory=list)
    is_killed: bool = False

    def begin(self) -> None:
        """Begin a new process."""
        self.is_killed = False

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Guard every writer, in every module of the engine."""
        patch.setattr(schedule, "AT_ONCE", 1)
        patch.setattr(lease.Lease, "release", self._unless_killed(lease.Lease.release))
        patch.setattr(Reading, "stage", self._guarded(Reading.stage))
        for name in ("begin", "send", "end"):
            patch.setattr(Publication, name, self._guarded(getattr(Publication, name)))
        guarded = {w: self._guarded(w) for w in WRITERS} | {c: self._unless_killed(c) for c in CLEANERS}
        patch_everywhere(patch, guarded)

    def _guarded(self, writer: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(writer)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            point = f"{writer.__name__} {_place(args)}"
            if not self.is_killed and point not in self.seen:
                self.seen.append(point)
                self.is_killed = True
            if self.is_killed:
                raise KilledError(point)
            return writer(*args, **kwargs)

        return guarded

    def _unless_killed(self, cleaner: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(cleaner)
        def unless_killed(*args: Any, **kwargs: Any) -> Any:
            return None if self.is_killed else cleaner(*args, **kwargs)

        return unless_killed


def _place(args: tuple[Any, ...]) -> str:
    """Where a writer writes, without the attempt in a file's name, which differs each time."""
    batches = [a.location for a in args if isinstance(a, commit.Batch)]
    batches += [a.table for a in args if isinstance(a, Publication)]
    texts = [a for a in args if isinstance(a, str) and "/" in a]
    return re.sub(r"/a\d+\.", "/", (batches or texts)[0])
