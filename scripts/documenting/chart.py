"""Draws the tables of a lake as a chart: columns per layer and step within it, and lines from inputs to tables."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from shared.names import Layer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shared.contracts import Catalog

WIDTH, HEIGHT, BETWEEN, ROW, HEAD = 232, 22, 64, 30, 34
# How many times the tables of each column are sorted by their neighbours.
SWEEPS = 7


@dataclass(frozen=True, kw_only=True)
class Box:
    """The box of one table.

    Attributes:
        table: The table's full name.
        x: The left edge.
        y: The upper edge.
        width: The width.
        height: The height.
        before: All tables that it is made from, directly or through others.
        after: All tables that are made from it, directly or through others.
    """

    table: str
    x: int
    y: int
    width: int = WIDTH
    height: int = HEIGHT
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name without its layer, which the column's heading has."""
        return self.table.partition(".")[2]

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.table.partition(".")[0]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A curve from a table to one that reads it, as an SVG path."""

    start: str
    end: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing of `width` by `height`, with a heading over the first column of each layer."""

    width: int
    height: int
    heads: tuple[tuple[str, int], ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def chart(catalog: Catalog, tables: Collection[str] | None = None) -> Chart:
    """Draw the tables of a catalog, or some of them.

    Each column is sorted by the positions of the tables' neighbours, so that few lines cross.

    Args:
        catalog: The contracts.
        tables: Full names; all of them, if None.
    """
    shown = [name for name in catalog.tables if tables is None or name in tables]
    reads = {name: [str(i) for i in catalog.table(name).inputs if str(i) in shown] for name in shown}
    read_by = _turned_round(reads)
    columns = _ordered(_columns(shown, reads), reads, read_by)
    places = {name: (i, j) for i, column in enumerate(columns) for j, name in enumerate(column)}
    longest = max(map(len, columns))
    corners = {
        name: (i * (WIDTH + BETWEEN), HEAD + (longest - len(columns[i]) + 2 * j) * ROW // 2)
        for name, (i, j) in places.items()
    }
    firsts = {_layer(column[0]): i for i, column in reversed(list(enumerate(columns)))}
    return Chart(
        width=len(columns) * (WIDTH + BETWEEN) - BETWEEN,
        height=HEAD + ROW * longest,
        heads=tuple((layer, firsts[layer] * (WIDTH + BETWEEN)) for layer in Layer if layer in firsts),
        boxes=tuple(
            Box(
                table=name,
                x=x,
                y=y,
                before=_reached(name, reads),
                after=_reached(name, read_by),
            )
            for name, (x, y) in corners.items()
        ),
        lines=tuple(
            Line(start=start, end=end, path=_curve(corners[start], corners[end]))
            for end, starts in reads.items()
            for start in starts
        ),
    )


def _layer(name: str) -> Layer:
    return Layer(name.partition(".")[0])


def _columns(shown: Iterable[str], reads: dict[str, list[str]]) -> list[list[str]]:
    """The tables in columns by layer, and within a layer by the length of the longest chain of inputs in it."""
    steps: dict[str, int] = {}
    for name in shown:
        before = [steps[i] for i in reads[name] if _layer(i) is _layer(name)]
        steps[name] = max(before, default=-1) + 1
    keys = sorted({(list(Layer).index(_layer(name)), step) for name, step in steps.items()})
    columns = {key: [n for n, s in steps.items() if (list(Layer).index(_layer(n)), s) == key] for key in keys}
    return [sorted(names) for names in columns.values()]


def _turned_round(reads: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: [other for other, inputs in reads.items() if name in inputs] for name in reads}


def _reached(name: str, steps: dict[str, list[str]]) -> tuple[str, ...]:
    """All tables that can be reached from a table, in one or more steps."""
    found, waiting = set[str](), list(steps[name])
    while waiting:
        if (other := waiting.pop()) not in found:
            found.add(other)
            waiting += steps[other]
    return tuple(sorted(found))


def _ordered(columns: list[list[str]], reads: dict[str, list[str]], read_by: dict[str, list[str]]) -> list[list[str]]:
    for sweep in range(SWEEPS):
        beside = reads if sweep % 2 == 0 else read_by
        heights = {name: j - len(column) / 2 for column in columns for j, name in enumerate(column)}
        columns = [
            sorted(column, key=lambda n: fmean([heights[o] for o in beside[n]] or [heights[n]])) for column in columns
        ]
    return columns


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = (start[0] + WIDTH, start[1] + HEIGHT // 2), (end[0], end[1] + HEIGHT // 2)
    bend = max((to_x - x) // 2, BETWEEN // 2)
    return f"M{x},{y} C{x + bend},{y} {to_x - bend},{to_y} {to_x},{to_y}"
