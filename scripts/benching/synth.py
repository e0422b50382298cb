"""Measures time and memory of the synthesis of prod on this computer, with fifteen to a thousand contracts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.benching.demo import Figure
from scripts.benching.memory import PeakMemory
from scripts.setup import paths
from scripts.setup.launch import runtime_environment
from shared.errors import TerminalError
from shared.names import Layer

if TYPE_CHECKING:
    from rich.console import Console

SIZES = (15, 500, 1000)
COLUMNS = 30
HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: bronze-made-{number}
name: made__table_{number}
version: 1.0.0
status: active
domain: sales
description: {{purpose: A table that was made up to measure with.}}
servers:
  - {{server: made, type: s3, location: "s3://landing/made/{number}/*.csv", format: csv}}
schema:
  - name: made__table_{number}
    physicalType: table
    dataGranularityDescription: One row per key.
    properties:
      - {{name: id, logicalType: string, physicalType: string, primaryKey: true, description: Key.}}
"""
COLUMN = """\
      - name: column_{number}
        logicalType: string
        physicalType: string
        classification: {classification}
        description: What the column says, in the words of those who use it, as long as such a text is.
"""
TAIL = """\
    customProperties:
      - {property: writeDisposition, value: append}
roles:
  - {role: analyst, access: read}
  - {role: pii_officer, access: read}
"""


def measure(rounds: int, console: Console) -> list[Figure]:
    """Synthesize each size once per round, each time in a separate process, including the loading of contracts."""
    figures: list[Figure] = []
    seconds: dict[int, list[float]] = {size: [] for size in SIZES}
    memory: dict[int, list[float]] = {size: [] for size in SIZES}
    for turn in range(rounds):
        for size in SIZES:
            took, needed = _one_round(size)
            console.print(f"round {turn + 1}: {size} contracts, {took:.1f} s, {needed:.2f} GiB")
            seconds[size].append(round(took, 1))
            memory[size].append(round(needed, 2))
    for size in SIZES:
        figures += [
            Figure(f"{size:,} contracts", "s", tuple(seconds[size])),
            Figure(f"{size:,} contracts, peak memory", "GiB", tuple(memory[size])),
        ]
    return [*figures, Figure("cost of a table, second half by first", "ratio", _growth(seconds))]


def _growth(seconds: dict[int, list[float]]) -> tuple[float, ...]:
    """The cost of one more table between the middle and the largest size, relative to that below the middle.

    1 means linear growth.
    """
    least, middle, most = SIZES
    return tuple(
        round(((c - b) / (most - middle)) / max((b - a) / (middle - least), 1e-9), 2)
        for a, b, c in zip(seconds[least], seconds[middle], seconds[most], strict=True)
    )


def _one_round(size: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as folder:
        contracts = Path(folder, "contracts")
        write_contracts(contracts, size)
        command = [sys.executable, "-P", "-m", "scripts.benching.synth_contracts", contracts, Path(folder, "out")]
        with PeakMemory() as memory:
            begun = time.monotonic()
            finished = subprocess.run(
                command, cwd=paths.ROOT, env=runtime_environment(), capture_output=True, text=True, check=False
            )
            took = time.monotonic() - begun
        if finished.returncode:
            raise TerminalError(f"{size} contracts could not be synthesized:\n{finished.stderr[-2000:]}")
        return took, memory.bytes / 2**30


def write_contracts(folder: Path, count: int) -> None:
    """Write a number of contracts with thirty columns each, every third of which is restricted."""
    (folder / Layer.BRONZE).mkdir(parents=True)
    columns = "".join(
        COLUMN.format(number=i, classification="restricted" if i % 3 == 0 else "internal") for i in range(COLUMNS)
    )
    for number in range(count):
        file = folder / Layer.BRONZE / f"made__table_{number}.odcs.yaml"
        file.write_text(HEAD.format(number=number) + columns + TAIL, encoding="utf-8")
