"""Parses a block of a delimited text into columns at once, if all its records are well-formed and of one width."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int64]

COMMA, QUOTE, NEWLINE, RETURN = b',"\n\r'
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Stretch:
    """The complete records at the beginning of a text.

    Attributes:
        columns: The cells, by their index; null where a cell has no characters and no quotes.
        lines: The line on which each record begins, counted from 0.
        length: The number of lines they span.
        rest: The text after them.
    """

    columns: dict[int, pa.Array]
    lines: Places
    length: int
    rest: str


def cut_at_once(text: str, width: int, wanted: Sequence[int], *, knows_empty: bool) -> Stretch | None:
    r"""Parse the complete records that a text begins with.

    Anything out of the ordinary is left to `delimited.records`: a NUL, bytes that are invalid in the encoding, a quote
    that is not doubled or not at the edge of a cell, a lone \r, a blank line, a row of another width.

    Args:
        text: It begins with a record.
        width: The number of cells that every record must have.
        wanted: The indices of the columns to return.
        knows_empty: Whether a quoted empty cell is an empty text; else it is null.

    Returns:
        The records; None when the text has to be parsed record by record.
    """
    raw = _encoded(text)
    if raw is None:
        return None
    all_bytes = np.frombuffer(raw, np.uint8)
    quotes = np.flatnonzero(all_bytes == QUOTE)
    edges = np.flatnonzero((all_bytes == COMMA) | (all_bytes == NEWLINE))
    if len(quotes):
        edges = edges[np.searchsorted(quotes, edges) % 2 == 0]
    ends = edges[all_bytes[edges] == NEWLINE]
    if not len(ends):
        return None
    size = int(ends[-1]) + 1
    body, edges, quotes = all_bytes[:size], edges[edges < size], quotes[quotes < size]
    if not (_is_even(body, edges, ends, width) and _is_quoted_well(body, quotes) and _returns_end_lines(body)):
        return None
    columns = _columns(raw[:size], width, wanted, knows_empty=knows_empty)
    newlines = np.flatnonzero(body == NEWLINE)
    begins = np.concatenate(([0], ends[:-1] + 1))
    return Stretch(columns, np.searchsorted(newlines, begins), len(newlines), raw[size:].decode())


def _encoded(text: str) -> bytes | None:
    # Arrow would skip a byte order mark at the beginning of any block, where it is a character.
    if "\0" in text or text.startswith(BYTE_ORDER_MARK):
        return None
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _is_even(body: Bytes, edges: Places, ends: Places, width: int) -> bool:
    """Whether every record has `width` cells, and at least one character if that is a single cell."""
    if len(edges) != len(ends) * width or not np.array_equal(edges[width - 1 :: width], ends):
        return False
    if width > 1:
        return True
    begins = np.concatenate(([0], ends[:-1] + 1))
    return bool(np.all((begins < ends) & (body[begins] != RETURN)))


def _is_quoted_well(body: Bytes, quotes: Places) -> bool:
    """Whether quotes only open at the beginning of a cell and close at its end, apart from doubled ones."""
    if not len(quotes):
        return True
    before, after = body[quotes[0::2] - 1], body[quotes[1::2] + 1]
    if quotes[0] == 0:
        before[0] = NEWLINE
    return bool(
        np.isin(before, (COMMA, NEWLINE, QUOTE)).all() and np.isin(after, (COMMA, NEWLINE, RETURN, QUOTE)).all()
    )


def _returns_end_lines(body: Bytes) -> bool:
    returns = np.flatnonzero(body == RETURN)
    return bool(np.all(body[returns + 1] == NEWLINE))


def _columns(raw: bytes, width: int, wanted: Sequence[int], *, knows_empty: bool) -> dict[int, pa.Array]:
    names = [str(i) for i in range(width)]
    table = csv.read_csv(
        io.BytesIO(raw),
        csv.ReadOptions(use_threads=False, block_size=len(raw) + 1, column_names=names),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=[str(i) for i in wanted],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=not knows_empty,
        ),
    )
    return {i: table.column(str(i)).combine_chunks() for i in wanted}
