"""Copies a lake by hard links after every commit, so that recovery from each death can be tried on a copy of its own.

A process that dies between two commits leaves the lake as it is after the first of them.
"""

from __future__ import annotations

import functools
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs import main
from jobs.runtime import schedule
from tests.support.writers import ALTERING, WRITERS, patch_everywhere

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from shared.contracts import Table
    from shared.jobs import Job
    from tests.support.small_lake import SmallLake


@dataclass(frozen=True, kw_only=True)
class Image:
    """The lake after one more commit or file of a table's flow; the table is None if the step wrote it."""

    place: str
    job: Job
    table: str | None
    new: tuple[str, ...]

    @property
    def commits(self) -> list[str]:
        """The Delta commits that are new in it."""
        return [path for path in self.new if "_delta_log" in path]


@dataclass
class Photographer:
    """Takes an image of a lake after each write of the engine.

    A writer that is missing in the lists shows by itself: then there are two commits between an image and the next.
    """

    lake: SmallLake
    images: list[Image] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _at_work: tuple[Job, str | None] | None = None

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Watch every writer, in every module of the engine, and note which flow is at work."""
        patch.setattr(schedule, "AT_ONCE", 1)
        self._seen = written(self.lake)
        open_flow, leave_outcomes, work = main.open_flow, main.leave_outcomes, main._outcomes

        def opened(spark: Any, job: Job, catalog: Any, table: Table) -> Any:
            self._at_work = (job, str(table.name))
            return open_flow(spark, job, catalog, table)

        def left(job: Job, outcomes: Any) -> Any:
            self._at_work = (job, None)
            return leave_outcomes(job, outcomes)

        def begun(job: Job, *others: Any) -> Any:
            self._at_work = (job, None)
            return work(job, *others)

        patch.setattr(main, "_outcomes", begun)
        patch.setattr(main, "open_flow", opened)
        patch.setattr(main, "leave_outcomes", left)
        patch_everywhere(patch, {writer: self._watched(writer) for writer in (*WRITERS, *ALTERING)})

    def _watched(self, writer: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(writer)
        def watched(*args: Any, **kwargs: Any) -> Any:
            answer = writer(*args, **kwargs)
            self._take()
            return answer

        return watched

    def _take(self) -> None:
        now = written(self.lake)
        new = tuple(sorted(now - self._seen))
        if not new or self._at_work is None:
            return
        self._seen = now
        job, table = self._at_work
        place = f"images/{len(list((self.lake.root / 'images').glob('*')))}"
        shutil.copytree(self.lake.lake_root, self.lake.root / place, copy_function=_linked)
        self.images.append(Image(place=place, job=job, table=table, new=new))


def written(lake: SmallLake) -> set[str]:
    """The commits of every table and the files of every run, as paths."""
    root = Path(lake.lake_root)
    found = [*root.glob("**/_delta_log/[0-9]*.json"), *root.glob("runs/**/*.json")]
    return {str(path.relative_to(root)) for path in found}


def developed(image: Image, lake: SmallLake) -> SmallLake:
    """The image as a lake to work on."""
    return replace(lake, place=image.place, _attempts=lake._attempts + 1000)


def _linked(source: str, target: str) -> None:
    """Link a file that is never written again; those of a run may be."""
    if f"{os.sep}runs{os.sep}" in source:
        shutil.copy2(source, target)
    else:
        os.link(source, target)
