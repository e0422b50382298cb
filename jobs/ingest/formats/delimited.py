"""Splits the lines of a delimited file into records, one by one, so that a malformed record spoils no other."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final, TextIO

# The length of Snowflake's longest text. A cell that is longer is a quote that was never closed, and a split in its
# midst would make rows out of a cell's text.
LONGEST_CELL: Final = 16 * 1024 * 1024
# Characters parsed at once: some thousand rows. One malformed row among them has all of them parsed one by one.
STRETCH: Final = 1024 * 1024
UNCLOSED = "unexpected end of data"
REASON_UNCLOSED = "a quote is opened and never closed"
REASON_UNDOUBLED = "a quote inside a quoted cell is not doubled"
REASON_BYTES = "bytes that are no characters of the encoding"
REASON_NUL = "a NUL character"

NO_QUOTED_EMPTIES: Final[frozenset[int]] = frozenset()

_CELL = re.compile(r'"[^"]*(?:""[^"]*)*"|[^,]*')


class Record(NamedTuple):
    """One record. An empty cell is null unless its index is in `quoted_empties`.

    `reasons` say why it is malformed; `cells` then mean nothing.
    """

    line: int
    text: str
    cells: list[str]
    quoted_empties: frozenset[int] = NO_QUOTED_EMPTIES
    reasons: tuple[str, ...] = ()

    def cell(self, i: int) -> str | None:
        """The value of a cell."""
        return self.cells[i] if self.cells[i] or i in self.quoted_empties else None


class EndlessCellError(Exception):
    """A cell is longer than LONGEST_CELL, as after a quote that is never closed."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line}: a cell of more than {LONGEST_CELL} characters")


class Lines:
    """The numbered lines of a text; a block of text may be taken at once instead, and given back.

    Args:
        text: Opened with `newline=""` and `errors="surrogateescape"`, so that ends of lines and undecodable bytes
            come through.
    """

    def __init__(self, text: TextIO) -> None:
        self.text = text
        self.number = 0
        self._held = _nothing()
        self._left = 0

    def __iter__(self) -> Iterator[str]:
        """Each line with its end.

        Raises:
            EndlessCellError: a line is longer than any cell.
        """
        while line := self._readline():
            self.number += 1
            if len(line) == LONGEST_CELL:
                raise EndlessCellError(self.number)
            yield line

    @property
    def has_back(self) -> bool:
        """Whether some of what was given back has not been read again yet."""
        return self._left > 0

    def take(self) -> str:
        """The next block of characters, which splits no line end; empty at the end. Its lines are not counted."""
        taken = self._held.read() + self.text.read(STRETCH)
        while taken.endswith("\r") and (more := self.text.read(1)):
            taken += more
        self._held, self._left = _nothing(), 0
        return taken

    def give_back(self, text: str, lines: int = 0) -> None:
        """Give back the end of a block, to be read again; `lines` is the number of lines before it in the block."""
        self._held, self._left = io.StringIO(text, newline=""), len(text)
        self.number += lines

    def _readline(self) -> str:
        line = self._held.readline(LONGEST_CELL)
        self._left -= len(line)
        if line.endswith(("\r", "\n")):
            return line
        return line + self.text.readline(LONGEST_CELL - len(line)) if len(line) < LONGEST_CELL else line


def _nothing() -> io.StringIO:
    return io.StringIO("", newline="")


def records(lines: Lines) -> Iterator[Record]:
    r"""Split lines into records: commas, double quotes, doubled inside; lines end in \n, \r\n or \r.

    Blank lines are skipped. A malformed record consists of the lines up to the one where the fault shows, and of no
    more, so that no rows are made out of the text of a broken cell. Nothing is read ahead.

    Raises:
        EndlessCellError: a quote is not closed for longer than any cell.
    """
    csv.field_size_limit(LONGEST_CELL + 1)
    for line in lines:
        first = lines.number
        if '"' in line:
            yield _quoted_record(first, line, lines)
        elif body := line.rstrip("\r\n"):
            yield Record(first, body, body.split(","), NO_QUOTED_EMPTIES, character_faults(body))


def _quoted_record(first: int, line: str, lines: Lines) -> Record:
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


def _chain(line: str, lines: Lines) -> Iterator[str]:
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
    """Why a text cannot be stored as it is: a NUL character, or bytes that are invalid in the encoding."""
    if body.isascii() and "\0" not in body:
        return ()
    faults: tuple[str, ...] = ()
    if "\0" in body:
        faults += (REASON_NUL,)
    if not is_text(body):
        faults += (REASON_BYTES,)
    return faults


def is_text(body: str) -> bool:
    """Whether a text can be encoded as UTF-8."""
    try:
        body.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def readable(text: str, encoding: str) -> str:
    r"""A record's text with its undecodable bytes written as \xe9."""
    if is_text(text):
        return text
    return text.encode(encoding, "surrogateescape").decode(encoding, "backslashreplace")
