"""Shows the progress of a run: the machine's states and the finished tables, in a view that redraws itself."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError
from rich.live import Live
from rich.table import Table as Grid
from rich.text import Text

from scripts.local.executions import Event, Happening
from shared.jobs import OUTCOME_MARK, Status, TableOutcome

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, RenderableType

TICK_SECONDS = 0.25
STYLES = {Status.SUCCEEDED: "green", Status.UNCHANGED: "dim", Status.FAILED: "red", Status.SKIPPED: "yellow"}


class Progress:
    """Draws a run on a terminal; on anything else it prints each state and table once, as a line.

    Args:
        console: Where to draw.
        log: The Spark driver's log, which is followed for the outcomes of tables.
    """

    def __init__(self, console: Console, log: Path) -> None:
        self._console, self._log = console, log
        self._states: dict[str, list[float | None]] = {}
        self._tables: dict[str, list[TableOutcome]] = {}
        self._read_upto = log.stat().st_size if log.exists() else 0
        self._started = time.monotonic()
        self._done = threading.Event()
        self._live = Live(self._draw(), console=console, refresh_per_second=4, redirect_stdout=False)
        self._follower = threading.Thread(target=self._follow, name="progress", daemon=True)

    def __enter__(self) -> Self:
        """Start drawing."""
        if self._console.is_terminal:
            self._live.start()
        self._follower.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Draw the final state, which stays on the terminal."""
        self._done.set()
        self._follower.join()
        if self._console.is_terminal:
            self._live.update(self._draw(), refresh=True)
            self._live.stop()

    def show(self, event: Event) -> None:
        """Add one event of the execution to the view."""
        if event.happening is Happening.ENTERED:
            self._states[event.state] = [event.seconds, None]
            if not self._console.is_terminal:
                self._console.print(f"{event.seconds:6.1f} s  {event.state}", highlight=False)
        elif event.happening is Happening.EXITED and event.state in self._states:
            self._states[event.state][1] = event.seconds

    def _follow(self) -> None:
        while not self._done.wait(TICK_SECONDS):
            self._read_log()
            if self._console.is_terminal:
                self._live.update(self._draw())
        self._read_log()

    def _read_log(self) -> None:
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._read_upto)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read_upto += len(line)
                self._take(line.decode(errors="replace"))

    def _take(self, line: str) -> None:
        _, mark, text = line.partition(OUTCOME_MARK)
        if not mark:
            return
        try:
            outcome = TableOutcome.model_validate_json(text)
        except ValidationError:
            return  # another program's line that happens to contain the mark
        self._tables.setdefault(outcome.step, []).append(outcome)
        if not self._console.is_terminal:
            # As a Text: what a source answered may look like the console's own markup.
            self._console.print(Text(f"          {_line(outcome)}"), soft_wrap=True)

    def _draw(self) -> RenderableType:
        grid = Grid.grid(padding=(0, 2))
        grid.add_column(justify="right", min_width=6)
        grid.add_column()
        grid.add_column(justify="right")
        for state, (begun, ended) in self._states.items():
            mark = Text("✓", "green") if ended is not None else Text("…", "cyan")
            until = ended if ended is not None else max(begun or 0.0, time.monotonic() - self._started)
            grid.add_row(mark, state, f"{until - (begun or 0.0):.1f} s")
            for outcome in self._tables_of(state):
                grid.add_row("", Text("  " + _line(outcome), STYLES[outcome.status]), f"{outcome.seconds:.1f} s")
        return grid

    def _tables_of(self, state: str) -> list[TableOutcome]:
        """A state's tables; the states of the machine begin with the verb of their step."""
        return next((o for step, o in self._tables.items() if state.lower().startswith(step)), [])


def _line(outcome: TableOutcome) -> str:
    counts = {
        "new": outcome.inserted,
        "changed": outcome.updated,
        "gone": outcome.deleted,
        "gone before they came": max(0, outcome.tombstoned - outcome.deleted),
        "quarantined": outcome.quarantined,
    }
    text = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    if outcome.failure:
        first_line, _, _ = outcome.failure.message.partition("\n")
        text = f"{outcome.failure.error}: {first_line[:90]}"
    elif outcome.reconciled:
        text = ", ".join(f"{c.left if c.right == outcome.table else c.right} {c.verdict}" for c in outcome.reconciled)
    return f"{outcome.what:<29} {outcome.status:<9} {text or outcome.reason}".rstrip()
