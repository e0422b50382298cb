"""How commands answer: tables for people, or with `--json` exactly one JSON array of objects on standard output."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from shared.errors import UnknownNameError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    from scripts.looking.lake import Lake

STATES = {
    "green": "green",
    "succeeded": "green",
    "unchanged": "dim",
    "unfinished": "yellow",
    "skipped": "yellow",
    "failed": "red",
    "red": "red",
}
NOTHING = "–"
# What a file or another program is given, which has no width of its own.
UNBOUND_WIDTH = 200


@dataclass(frozen=True)
class Head:
    """One column of a table for people; `shrinks` gives up room first, when the terminal is narrow."""

    title: str
    right: bool = False
    shrinks: bool = False


class RefusedRequest(click.ClickException):  # noqa: N818 - as click names its own
    """A wrong request, told in one line."""

    exit_code = 2

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - click's signature
        """Tell it the way the command line tells every error."""
        click.echo(f"lake: {self.message}", file=file, err=file is None)


def looks_at_a_lake(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--root` and `--json`, the open lake, and wrong requests told in one line with code 2."""

    @click.option("--root", default=".lake", show_default=True, metavar="DIR", help="The lake: a folder, or s3://...")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON array of objects, and nothing else.")
    @wraps(function)
    def command(root: str, **arguments: object) -> None:
        from scripts.looking.lake import open_lake

        with refusing():
            function(lake=open_lake(root), **arguments)

    return command


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with a request into a line and code 2."""
    from scripts.looking.errors import WrongRequestError

    try:
        yield
    except (UnknownNameError, WrongRequestError) as error:
        raise RefusedRequest(" ".join(str(error).split())) from error


def print_json(rows: Iterable[Mapping[str, object]]) -> None:
    """Print rows as one JSON array, an object a line. Decimals are strings, exact; times are UTC; nulls are null."""
    objects = [json.dumps(plain(row), ensure_ascii=False) for row in rows]
    click.echo("[" + ",\n ".join(objects) + "]")


def plain(value: object) -> object:
    """A value as JSON can say it without loss."""
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
    """Standard output for people: colours on a terminal only, and nothing cut that goes elsewhere."""
    from rich.console import Console

    out = Console(highlight=False, markup=False, emoji=False)
    if not out.is_terminal and "COLUMNS" not in out._environ:  # noqa: SLF001 - where rich looks itself
        out = Console(highlight=False, markup=False, emoji=False, width=UNBOUND_WIDTH)
    return out


def grid(heads: Sequence[Head], rows: Iterable[Sequence[object]]) -> Grid:
    """A table for people: one line a row, numbers on the right."""
    from rich.table import Table as Grid

    found = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for head in heads:
        found.add_column(
            head.title,
            justify="right" if head.right else "left",
            no_wrap=not head.shrinks,
            overflow="ellipsis",
        )
    for row in rows:
        found.add_row(*[cell(value) for value in row])
    return found


def cell(value: object) -> Text:
    """A value as one line of text; a text that has its style already keeps it."""
    from rich.text import Text

    if isinstance(value, Text):
        return value
    return Text(" ".join(show(value).split()), "dim" if value is None else "", no_wrap=True, overflow="ellipsis")


def state(name: str) -> Text:
    """How something ended, in its colour."""
    from rich.text import Text

    return Text(name, STATES.get(name, ""))


def show(value: object) -> str:
    """A value for people; times are UTC, to the second."""
    match value:
        case None:
            return NOTHING
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).strftime("%Y-%m-%d %H:%M:%S")
        case Decimal():
            return f"{value:f}"
        case Mapping():
            return "  ".join(f"{key}={show(item)}" for key, item in value.items())
        case list() | tuple():
            return ", ".join(show(item) for item in value)
    return str(plain(value))


def count(number: int | None) -> str | None:
    """A number of rows or files."""
    return None if number is None else f"{number:,}"


def size(number: int | None) -> str | None:
    """A number of bytes, rounded."""
    if number is None:
        return None
    units = ("B", "kB", "MB", "GB", "TB", "PB")
    power = min(int(math.log(max(number, 1), 1000)), len(units) - 1)
    return f"{number / 1000**power:,.{1 if power else 0}f} {units[power]}"
