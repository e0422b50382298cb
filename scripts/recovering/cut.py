"""Cuts a copy of a lake back to a run: every log ends at the version that stays, and later pages count no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.files import read_text, remove_file, write_text
from scripts.recovering.stored import LOG
from shared.names import RUN_FILE, RUNS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.looking.lake import Lake
    from scripts.recovering.whole import Kept

# What the page of a run is called once the versions that it names are gone.
SET_ASIDE = "cut_off.json"
POINTER = "_last_checkpoint"


def cut(lake: Lake, kept: Iterable[Kept], later: Iterable[str]) -> None:
    """Let every log end at the version that stays, and the runs of later be unfinished ones.

    Data files stay; of those that no version names any more, upkeep takes care. Should it die on its way, the next one
    goes on: pages go last, and of a log its newest file goes first.

    Args:
        lake: The copy; nobody else may write to it, nor copy to it any more.
        kept: What stays of each place.
        later: The ids of the finished runs after the one that stays.
    """
    for place in kept:
        if place.stored.files:
            _end_at(place)
    for run_id in later:
        page = f"{lake.root}/{RUNS_FOLDER}/{run_id}/"
        if text := read_text(f"{page}{RUN_FILE}"):
            write_text(f"{page}{SET_ASIDE}", text)
            remove_file(f"{page}{RUN_FILE}")


def _end_at(place: Kept) -> None:
    """Remove the files of later versions, and the word on the newest checkpoint, without which Delta looks for it."""
    remove_file(f"{place.stored.location}/{LOG}{POINTER}")
    doomed = [file for version, file in place.stored.log_files if version > place.version]
    for file in sorted(doomed, key=lambda file: file.path, reverse=True):
        remove_file(file.location)
