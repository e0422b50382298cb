"""Measures how long a daily run takes on this computer, and how much memory all processes need."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from scripts.benching.memory import PeakMemory
from scripts.running.local_lake import LocalLake
from scripts.running.run import run_machine
from scripts.sources.deliveries import DELIVERIES
from shared.names import Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

# What each day of the demo means for the lake.
DAYS = ("first load, Spark just started", "one day's changes", "nothing new")


@dataclass(frozen=True)
class Figure:
    """One measured figure over all rounds: seconds, bytes or a ratio."""

    name: str
    unit: str
    values: tuple[float, ...]

    @classmethod
    def ratio(cls, name: str, ours: Sequence[float], others: Sequence[float]) -> Figure:
        """One series divided by the other, round by round, since a machine that slows down slows both."""
        return cls(name, "ratio", tuple(round(a / b, 2) for a, b in zip(ours, others, strict=True)))

    @property
    def row(self) -> dict[str, object]:
        """Minimum, median and maximum, as a row for display and JSON."""
        low, mid, high = min(self.values), round(median(self.values), 2), max(self.values)
        return {"figure": self.name, "unit": self.unit, "min": low, "median": mid, "max": high}


def measure(rounds: int, console: Console) -> list[Figure]:
    """Start a lake in a fresh folder and run three days, once per round.

    Args:
        rounds: How often to measure; each round starts its own account, Spark and sources.
        console: Where the runs print their progress.
    """
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, value in _one_round(console).items():
            taken.setdefault(name, []).append(value)
    return [Figure(n, "GiB" if n == "peak memory" else "s", tuple(v)) for n, v in taken.items()]


def _one_round(console: Console) -> dict[str, float]:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as folder, PeakMemory() as memory:
        begun = time.monotonic()
        with LocalLake(Path(folder), DELIVERIES[0], console) as lake:
            figures["start"] = time.monotonic() - begun
            for name, delivery in zip(DAYS, (*DELIVERIES, DELIVERIES[-1]), strict=True):
                lake.sources.deliver(delivery)
                figures[name] = _seconds(lambda: run_machine(lake, Machine.DAILY_BATCH, {}, console))
    figures["peak memory"] = memory.bytes / 2**30
    return {name: round(value, 1) for name, value in figures.items()}


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
