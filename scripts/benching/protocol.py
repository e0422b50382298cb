"""Measures what the commit protocol, rules, quarantine and ledger cost compared with a hand-written MERGE.

Both work in the same Spark, in turn, on copies of one lake. Refining pins the batch, decides every rule, keeps the
books, holds a lease, quarantines bad rows and writes the ledger's page; the hand-written MERGE does none of that.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.runtime.session import build_session
from scripts.benching.demo import Figure
from scripts.benching.protocol_contracts import FREE, RULED, VERSIONS, bench_catalog
from scripts.benching.protocol_lake import BenchLake
from scripts.benching.stopwatch import seconds
from scripts.local.account import LocalAccount
from scripts.local.clients import client
from scripts.local.spark_settings import jar_paths, large_confs
from scripts.running.item_tables import make_item_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

FEW = 10_000
GROWTH = 10


@dataclass(frozen=True)
class Turn:
    """One measurement: a lake, and a way to bring its silver up to date."""

    name: str
    lake: BenchLake
    work: Callable[[BenchLake], None]


def measure(rounds: int, console: Console, *, rows: int, memory: str) -> list[Figure]:
    """Measure a batch as large as the table, and few rows into the table and into one ten times as large.

    Args:
        rounds: How often each is measured; one more round before goes uncounted.
        console: Where progress is printed.
        rows: The rows of the table.
        memory: Spark's heap.
    """
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as folder, LocalAccount(port=None):
        make_item_tables(client("dynamodb"))
        spark = build_session("bench", jar_paths(), large_confs(memory))
        try:
            empty = BenchLake(spark, bench_catalog(Path(folder, "contracts")), Path(folder))
            turns = _turns(empty, rows)
            for count in range(rounds + 1):
                for turn in turns:
                    took = _seconds(turn, Path(folder, "copy"))
                    console.print(f"round {count}: {turn.name}, {took:.1f} s")
                    if count:
                        taken.setdefault(turn.name, []).append(round(took, 2))
        finally:
            spark.stop()
    ratios = [Figure.ratio(f"{one} / {other}", taken[one], taken[other]) for one, other in COMPARED]
    return [*(Figure(name, "s", tuple(values)) for name, values in taken.items()), *ratios]


BY_HAND, WITHOUT, WITH = "by hand", "no rules", "20 rules"
RECENT, RANDOM = f"{FEW:,} recent keys", f"{FEW:,} random keys"
EVENTS = f"{FEW:,} events of a history"
IN_LARGE = f" into {GROWTH} times the rows"
COMPARED = (
    (WITH, BY_HAND),
    (WITH, WITHOUT),
    *((few + IN_LARGE, few) for few in (RECENT, RANDOM, EVENTS)),
)


def _turns(empty: BenchLake, rows: int) -> list[Turn]:
    """Fill a lake for each kind of batch; half the keys of a large batch are known."""

    def placed(name: str) -> BenchLake:
        return BenchLake(empty.spark, empty.catalog, empty.root / name)

    def filled(name: str, size: int, batch: range) -> BenchLake:
        lake = placed(name)
        lake.fill(size, batch)
        return lake

    large = filled("large", rows, range(rows // 2, rows // 2 + rows))
    turns = [
        Turn(BY_HAND, large, lambda lake: lake.merge_by_hand(FREE)),
        Turn(WITHOUT, large, lambda lake: lake.refine(FREE)),
        Turn(WITH, large, lambda lake: lake.refine(RULED)),
    ]
    for size, name in ((rows, ""), (rows * GROWTH, IN_LARGE)):
        batches = {RECENT: range(size - FEW // 2, size + FEW // 2), RANDOM: range(0, size, max(1, size // FEW))}
        for kind, batch in batches.items():
            lake = filled(f"{kind}{name}", size, batch)
            turns.append(Turn(kind + name, lake, lambda lake: lake.refine(RULED)))
        lake = placed(f"{EVENTS}{name}")
        lake.fill_history(size, batches[RECENT])
        turns.append(Turn(EVENTS + name, lake, lambda lake: lake.refine(VERSIONS)))
    return turns


def _seconds(turn: Turn, place: Path) -> float:
    lake = turn.lake.copied(place)
    try:
        return seconds(partial(turn.work, lake))
    finally:
        shutil.rmtree(place)
