"""Prints rows of any table within the width of the terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scripts.cli.output import Head, grid, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console, RenderableType

# Longer values are cut in tables of several rows.
LONGEST = 40


def records(
    rows: Sequence[Mapping[str, Any]], room: int, before: Sequence[tuple[str, Sequence[object]]] = ()
) -> tuple[RenderableType, int]:
    """A table of rows, with as many columns from the left as there is room for.

    Numbers are aligned to the right and have no separators: many of them are keys, to be copied.

    Args:
        rows: The rows.
        room: The characters of a line.
        before: Columns that come before those of the rows, with a value for each row.

    Returns:
        The table, and how many columns were left out.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    columns = [*before, *((name, [row.get(name) for row in rows]) for name in names)]
    shown: list[tuple[str, list[object], bool]] = []
    for title, values in columns:
        room -= min(max(len(title), *(len(one_line(value)) for value in values)), LONGEST) + 1
        if room < -1 and shown:
            break
        shown.append((title, [_cut(value) for value in values], any(_is_number(value) for value in values)))
    heads = [Head(title, right=is_number) for title, _, is_number in shown]
    return grid(heads, zip(*(values for _, values, _ in shown), strict=True)), len(columns) - len(shown)


def record(row: Mapping[str, Any]) -> RenderableType:
    """One row, with one line per column."""
    return grid([Head(""), Head("", wraps=True)], row.items())


def print_records(out: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table; a single row that is too wide is printed with one line per column."""
    table, hidden = records(rows, out.width)
    if hidden and len(rows) == 1:
        out.print(record(rows[0]))
        return
    out.print(table)
    if hidden:
        hint = f"{len(rows[0])} columns, {len(rows[0]) - hidden} shown; name those you want, or give --json for all"
        out.print(hint, style="dim")


def _cut(value: object) -> object:
    text = one_line(value)
    return f"{text[: LONGEST - 1]}…" if len(text) > LONGEST else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
