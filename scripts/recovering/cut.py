"""Cuts a copy of a lake back to a run: every log ends at the version that stays, and later pages no longer count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.files import read_text, remove_file, write_text
from scripts.recovering.stored import LOG
from shared.names import RUN_FILE, RUNS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.looking.lake import Lake
    from scripts.recovering.whole import Survivor

# The name of a run's page once the versions that it lists are gone.
SET_ASIDE = "cut_off.json"
POINTER = "_last_checkpoint"


def cut(lake: Lake, survivors: Iterable[Survivor], later: Iterable[str]) -> None:
    """Delete every log's versions after the one that stays, and turn later runs into unfinished ones.

    Data files stay; upkeep deletes those that no version names any longer. If a call dies, another one continues its
    work: pages are removed last, and each log's files newest first.

    Args:
        lake: The copy; nothing else may write or copy to it.
        survivors: The version of each table and companion that stays.
        later: The ids of the finished runs after the one that stays.
    """
    for survivor in survivors:
        if survivor.stored.files:
            _end_at(survivor)
    for run_id in later:
        page = f"{lake.root}/{RUNS_FOLDER}/{run_id}/"
        if text := read_text(f"{page}{RUN_FILE}"):
            write_text(f"{page}{SET_ASIDE}", text)
            remove_file(f"{page}{RUN_FILE}")


def _end_at(survivor: Survivor) -> None:
    """Remove the files of later versions, and the pointer to the newest checkpoint; Delta lists the log without it."""
    remove_file(f"{survivor.stored.location}/{LOG}{POINTER}")
    doomed = [file for version, file in survivor.stored.log_files if version > survivor.version]
    for file in sorted(doomed, key=lambda file: file.path, reverse=True):
        remove_file(file.location)
