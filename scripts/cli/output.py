"""How commands print results: as tables, or with `--json` as exactly one JSON array of objects on standard output."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

STATES = {
    "green": "green",
    "succeeded": "green",
    "unchanged": "dim",
    "unfinished": "yellow",
    "yellow": "yellow",
    "skipped": "yellow",
    "failed": "red",
    "fresh": "green",
    "late": "red",
    "red": "red",
}
NOTHING = "-"
# The width for output to a file or another program, which has no width of its own.
UNBOUND_WIDTH = 200
# From this width on, optional columns are shown.
WIDE = 140
TAIL = 13
# The characters that a terminal may interpret as commands: C0, DEL and C1.
CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)], "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True)
class Head:
    """One column of a printed table.

    Attributes:
        title: The column's title.
        right: Whether it is aligned to the right.
        shrinks: Whether it is cut first if there is too little room.
        wraps: Whether its values continue on further lines.
    """

    title: str
    right: bool = False
    shrinks: bool = False
    wraps: bool = False


def print_json(rows: Iterable[Mapping[str, object]]) -> None:
    """Print rows as one JSON array, one object per line; decimals are exact, as strings, and times are UTC."""
    objects = [json.dumps(plain(row), ensure_ascii=False) for row in rows]
    click.echo("[" + ",\n ".join(objects) + "]")


def plain(value: object) -> object:  # noqa: PLR0911 - one line a type
    """A value in a form that JSON can represent without loss."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return str(value)


def console() -> Console:
    """A console on standard output: colours only on a terminal, and wide enough elsewhere to cut nothing."""
    from rich.console import Console

    out = Console(highlight=False, markup=False, emoji=False)
    has_width = out.is_terminal or "COLUMNS" in out._environ  # noqa: SLF001 - where rich looks itself
    return out if has_width else Console(highlight=False, markup=False, emoji=False, width=UNBOUND_WIDTH)


def progress_console(*, on_stderr: bool = False) -> Console:
    """A console for the progress of a run, which prints texts that are not our own: nothing in them is markup."""
    from rich.console import Console

    return Console(stderr=on_stderr, markup=False, emoji=False)


def grid(heads: Sequence[Head], rows: Iterable[Sequence[object]]) -> Grid:
    """A table to print, with one line per row unless a column wraps."""
    from rich.table import Table as Grid

    has_titles = any(head.title for head in heads)
    found = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", show_header=has_titles)
    for head in heads:
        found.add_column(
            head.title,
            justify="right" if head.right else "left",
            no_wrap=not (head.shrinks or head.wraps),
            overflow="ellipsis",
        )
    for row in rows:
        found.add_row(*[cell(value, wraps=head.wraps) for head, value in zip(heads, row, strict=True)])
    return found


def cell(value: object, *, wraps: bool = False) -> Text:
    """A value as a text for a table; a styled text keeps its style."""
    from rich.text import Text

    if isinstance(value, Text):
        return value
    style = "dim" if value is None else ""
    return Text(one_line(value), style, no_wrap=not wraps, overflow="fold" if wraps else "ellipsis")


def state(name: str) -> Text:
    """The name of a state, in its colour."""
    from rich.text import Text

    return Text(name, STATES.get(name, ""))


def one_line(value: object) -> str:
    """A value for display, on one line."""
    return harmless(" ".join(show(value).split()))


def harmless(text: str) -> str:
    """A text from outside, with its terminal control characters replaced; line breaks and tabs stay."""
    return text.translate(CONTROLS)


def show(value: object) -> str:  # noqa: PLR0911 - one line a type
    """A value for display; times are UTC, to the second."""
    match value:
        case None:
            return NOTHING
        case bool():
            return str(value).lower()
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).strftime("%Y-%m-%d %H:%M:%S")
        case Decimal():
            return f"{value:f}"
        case list() | tuple():
            return ", ".join(show(item) for item in value)
        case Mapping():
            return json.dumps(plain(value), ensure_ascii=False)
    return str(plain(value))


def minute(at: datetime | None) -> str | None:
    """A time for display, to the minute."""
    return show(at)[:16] if at else None


def run_name(run: str | None, out: Console) -> str | None:
    """The name of a run; on a narrow console only its end, which is what distinguishes runs."""
    return run if run is None or out.width >= WIDE else tail(run, TAIL)


def tail(text: str, length: int) -> str:
    """The end of a text, after an ellipsis if the text is longer."""
    return text if len(text) <= length else f"…{text[1 - length :]}"


def count(number: int | None) -> str | None:
    """A number of rows or files for display."""
    return None if number is None else f"{number:,}"


def size(number: int | None) -> str | None:
    """A number of bytes for display, rounded to a unit."""
    if number is None:
        return None
    units = ("B", "kB", "MB", "GB", "TB", "PB")
    power = min(int(math.log(max(number, 1), 1000)), len(units) - 1)
    return f"{number / 1000**power:,.{1 if power else 0}f} {units[power]}"
