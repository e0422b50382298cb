"""Cuts the lines of a delimited file into records, one by one, so that a broken record stays a matter of its own."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final, TextIO

# Longer than any cell a source has business to send: Snowflake's longest text. What runs on further is a quote that
# was never closed, and cutting in its midst would make rows out of a cell's text.
LONGEST_CELL: Final = 16 * 1024 * 1024
UNCLOSED = "unexpected end of data"
REASON_UNCLOSED = "a quote is opened and never closed"
REASON_UNDOUBLED = "a quote inside a quoted cell is not doubled"
REASON_BYTES = "bytes that are no characters of the encoding"
REASON_NUL = "a NUL character"

NO_QUOTED_EMPTIES: Final[frozenset[int]] = frozenset()

_CELL = re.compile(r'"[^"]*(?:""[^"]*)*"|[^,]*')


class Record(NamedTuple):
    """One record. A cell of no characters is null unless its index is in `quoted_empties`.

    `reasons` say why it could not be read; `cells` then mean nothing.
    """

    line: int
    text: str
    cells: list[str]
    quoted_empties: frozenset[int] = NO_QUOTED_EMPTIES
    reasons: tuple[str, ...] = ()


class EndlessCellError(Exception):
    """A cell runs on beyond any sensible length."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line}: a cell of more than {LONGEST_CELL} characters")


def records(text: TextIO) -> Iterator[Record]:
    r"""Cut a text into records: commas, double quotes, doubled inside; lines end in \n, \r\n or \r; blank ones pass.

    A record that cannot be read takes with it the lines up to where that shows, never a line more: rows are not made
    out of the text of a broken cell.

    Args:
        text: Opened with `newline=""` and `errors="surrogateescape"`, so that ends of lines and undecodable bytes
            come through.

    Raises:
        EndlessCellError: a quote is not closed for longer than any cell.
    """
    csv.field_size_limit(LONGEST_CELL + 1)
    lines = _Lines(text)
    for line in lines:
        first = lines.number
        if '"' in line:
            yield _quoted_record(first, line, lines)
        elif body := line.rstrip("\r\n"):
            yield Record(first, body, body.split(","), NO_QUOTED_EMPTIES, character_faults(body))


class _Lines:
    """The lines of a text, counted."""

    def __init__(self, text: TextIO) -> None:
        self.text = text
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(LONGEST_CELL):
            self.number += 1
            if len(line) == LONGEST_CELL:
                raise EndlessCellError(self.number)
            yield line


def _quoted_record(first: int, line: str, lines: _Lines) -> Record:
    taken: list[str] = []

    def take() -> Iterator[str]:
        size = 0
        for more in _chain(line, lines):
            taken.append(more)
            size += len(more)
            if size > LONGEST_CELL:
                raise EndlessCellError(first)
            yield more

    reasons: tuple[str, ...] = ()
    cells: list[str] = []
    try:
        cells = next(csv.reader(take(), strict=True))
    except csv.Error as error:
        reasons = (REASON_UNCLOSED if UNCLOSED in str(error) else REASON_UNDOUBLED,)
    body = "".join(taken).rstrip("\r\n")
    return Record(first, body, cells, _quoted_empties(body, cells), reasons + character_faults(body))


def _chain(line: str, lines: _Lines) -> Iterator[str]:
    yield line
    yield from lines


def _quoted_empties(body: str, cells: list[str]) -> frozenset[int]:
    if '""' not in body or "" not in cells:
        return NO_QUOTED_EMPTIES
    start, found = 0, []
    for i in range(len(cells)):
        match = _CELL.match(body, start)
        if match is None:
            break
        if match[0] == '""':
            found.append(i)
        start = match.end() + 1
    return frozenset(found)


def character_faults(body: str) -> tuple[str, ...]:
    """Why a text cannot be kept as it is: a NUL character, or bytes that are none of the encoding."""
    if body.isascii() and "\0" not in body:
        return ()
    faults: tuple[str, ...] = ()
    if "\0" in body:
        faults += (REASON_NUL,)
    if not _is_text(body):
        faults += (REASON_BYTES,)
    return faults


def _is_text(body: str) -> bool:
    try:
        body.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def readable(text: str, encoding: str) -> str:
    r"""A record's text with its undecodable bytes written as \xe9."""
    if _is_text(text):
        return text
    return text.encode(encoding, "surrogateescape").decode(encoding, "backslashreplace")
