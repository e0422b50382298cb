"""A printed summary of a run, as one table."""

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
    """A table with rows read, merged, superseded and quarantined, and seconds, and the verdicts of comparisons."""
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
    """Whether a run is green and found every table up to date."""
    return record.colour is Colour.GREEN and all(o.status is Status.UNCHANGED for o in _of_tables(record))


def _of_tables(record: RunRecord) -> list[TableOutcome]:
    """The outcomes to list: all except comparisons, of which only the red ones."""
    return [o for o in record.outcomes if o.step is not Step.RECONCILE or o.is_red]


def _reconciled(record: RunRecord) -> str | None:
    verdicts = Counter(c.verdict for o in record.outcomes for c in o.reconciled)
    text = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    return f"comparisons with the sources and between layers: {text} (./lake reconcile)" if text else None


def _counts(outcome: TableOutcome) -> tuple[int, int, int, int]:
    # For a history, recorded events count.
    merged = outcome.recorded or outcome.inserted + outcome.updated + outcome.gone
    return outcome.read, merged, outcome.superseded, outcome.quarantined


def _cell(count: int) -> str:
    return f"{count:,}" if count else ""
