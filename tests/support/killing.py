"""Ends the work before each thing it would leave behind, one after the other, as a process that dies there would."""

from __future__ import annotations

import functools
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.ingest.reading import Reading
from jobs.publish.items import Publication
from jobs.runtime import commit, files, lease, schedule, staging, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

# Everything the engine leaves behind goes through these; where another function is added that writes, it belongs here.
WRITERS = (commit.commit, tables.ensure_table, files.write_text)
# What a process that is gone does not do any more.
CLEANERS = (staging.remove_folder,)


class KilledError(BaseException):
    """The process is gone; nothing in the engine catches this."""


@dataclass
class Reaper:
    """Ends the work at the first point where it has not ended it yet, until there is none.

    A point is a function that writes and the place it writes to, so the points of a new flow are found by themselves.
    """

    seen: list[str] = field(default_factory=list)
    is_killed: bool = False

    def begin(self) -> None:
        """A new process."""
        self.is_killed = False

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Stand before every writer, wherever a module of the engine holds it."""
        patch.setattr(schedule, "AT_ONCE", 1)
        patch.setattr(lease.Lease, "release", self._unless_killed(lease.Lease.release))
        patch.setattr(Reading, "stage", self._guarded(Reading.stage))
        for name in ("begin", "send", "end"):
            patch.setattr(Publication, name, self._guarded(getattr(Publication, name)))
        guarded = {w: self._guarded(w) for w in WRITERS} | {c: self._unless_killed(c) for c in CLEANERS}
        for name, module in list(sys.modules.items()):
            if name.startswith("jobs."):
                for key, value in list(vars(module).items()):
                    if callable(value) and value in guarded:
                        patch.setattr(module, key, guarded[value])

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
    """Where a writer writes; the attempt in the name of a file is left out, since every try has another."""
    batches = [a.location for a in args if isinstance(a, commit.Batch)]
    batches += [a.table for a in args if isinstance(a, Publication)]
    texts = [a for a in args if isinstance(a, str) and "/" in a]
    return re.sub(r"/a\d+\.", "/", (batches or texts)[0])
