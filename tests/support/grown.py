"""Takes a lake through three more runs, and compares its content regardless of how many batches it took."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.jobs import Colour, Step
from tests.jobs.test_killed_before_each_write import all_rows
from tests.support.begun import CUSTOMERS, ELEVEN, ORDERS, STOCK, TEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.small_lake import SmallLake

TWELVE = "2026-01-01 12:00:00"
DAY = (Step.INGEST, Step.REFINE, Step.BUILD, Step.RECORD)


def growing(lake: SmallLake) -> Iterator[str]:
    """Run it three times, with rows that are new, late, wrong, deleted and without parent, and yield each run's id."""
    yield _run(lake, "r2")
    lake.land("bronze.shop__customers", CUSTOMERS, f"2,Robert,{TWELVE}", f"6,Flo,{TEN}", "7,Gus,never", "8")
    lake.land("bronze.shop__orders", ORDERS, f"18,2,8,new,{TEN}", f"10,,,deleted,{TWELVE}", f"19,77,1,new,{TEN}")
    lake.land("bronze.shop__stock", STOCK, "a,11", "e,9")
    yield _run(lake, "r3")
    lake.land("bronze.shop__orders", ORDERS, f"20,1,9,new,{TEN}", f"14,3,1,paid,{ELEVEN}")
    yield _run(lake, "r4")


def _run(lake: SmallLake, run_id: str) -> str:
    ran = lake.run(run_id, DAY)
    assert {Colour.GREEN} == {summary.colour for summary in ran.summaries.values()}
    return run_id


def rows_of(lake: SmallLake, *without: str) -> dict[str, Any]:
    """All rows of all tables and companions; a vault may have more than its table."""
    return {place: rows for place, rows in all_rows(lake, *without).items() if "vault" not in place}


def content(lake: SmallLake) -> dict[str, Any]:
    """The same rows, without what depends on the number of batches."""
    return rows_of(lake, "_sequence", "batch", "_batch", "input_sequence")


@dataclass
class Grown:
    """A lake after three runs: its files and all its rows after each of them, and its final content."""

    lake: SmallLake
    files: dict[str, set[Path]] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    in_the_end: dict[str, Any] = field(default_factory=dict)

    def copy(self, to: Path, without: set[Path]) -> SmallLake:
        """A copy that lacks some of the files."""
        root = Path(self.lake.lake_root)
        for file in self.files["r4"] - without:
            (to / "lake" / file).parent.mkdir(parents=True, exist_ok=True)
            os.link(root / file, to / "lake" / file)
        shutil.copytree(self.lake.landing_root, to / "landing")
        return replace(self.lake, root=to, files=dict(self.lake.files))


def files_of(lake: SmallLake) -> set[Path]:
    root = Path(lake.lake_root)
    return {file.relative_to(root) for file in root.rglob("*") if file.is_file()}
