"""What a run did, as one table for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text

from scripts.running.progress import STYLES
from shared.jobs import Colour, Status, Step

if TYPE_CHECKING:
    from shared.jobs import TableOutcome
    from shared.ledger import RunRecord

MARKS = {Status.SUCCEEDED: "✓", Status.UNCHANGED: "·", Status.FAILED: "✗", Status.SKIPPED: "-"}


def summary(record: RunRecord) -> Grid:
    """Per table: rows in, what became of them, and the seconds it took; and how tables compare with their sources."""
    title = f"{record.run_id}: {record.colour}"
    grid = Grid(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column("")
    grid.add_column("table", no_wrap=True)
    for heading in ("rows in", "merged", "superseded", "quarantined", "seconds"):
        grid.add_column(heading, justify="right")
    grid.caption, grid.caption_justify = _reconciled(record), "left"
    for outcome in _of_tables(record):
        mark = Text(MARKS[outcome.status], STYLES[outcome.status])
        grid.add_row(mark, outcome.what, *map(_cell, _counts(outcome)), f"{outcome.seconds:.1f}")
    return grid


def nothing_changed(record: RunRecord) -> bool:
    """Whether a run came to its end and found every table up to date."""
    return record.colour is Colour.GREEN and all(o.status is Status.UNCHANGED for o in _of_tables(record))


def _of_tables(record: RunRecord) -> list[TableOutcome]:
    """What a run made of its tables; comparisons make nothing, and those that failed are told with it."""
    return [o for o in record.outcomes if o.step is not Step.RECONCILE or o.is_red]


def _reconciled(record: RunRecord) -> str | None:
    verdicts = Counter(c.verdict for o in record.outcomes for c in o.reconciled)
    told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    return f"comparisons with the sources and between layers: {told} (./lake reconcile)" if told else None


def _counts(outcome: TableOutcome) -> tuple[int, int, int, int]:
    # A delete row counts once, whether the row it deletes was there or not; of a history it is events that came in.
    merged = outcome.recorded or outcome.inserted + outcome.updated + max(outcome.deleted, outcome.tombstoned)
    return outcome.read, merged, outcome.superseded, outcome.quarantined


def _cell(count: int) -> str:
    return f"{count:,}" if count else ""
