"""Copies of related rows: each copy is consistent in itself and shares no keys with others, and a few rows are odd.

What is done to a row depends only on the seed, the table and the row's key, so the result is the same on every machine.
"""

from __future__ import annotations

import hashlib
import re
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scripts.generating.shape import Shape

Row = dict[str, str]

# Greater than every number of the samples, and small enough for two thousand copies in 32 bits.
STEP = 1_000_000
# Three characters for the object, three for the server, and the rest for the record.
SALESFORCE_ID = re.compile(r"[A-Za-z0-9]{18}")
LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
FIRST_DAY, SECOND_DAY = 1, 2
IS_DELETED = "isdeleted"
# A system that marks deleted rows stamps them at the deletion: after all times that existed before.
DELETED_AFTER = timedelta(hours=1)


class Fate(Enum):
    """What is done to a row of a copy."""

    PLAIN = auto()
    DIRTY = auto()  # a cell that silver requires is empty
    DOUBLED = auto()  # sent twice
    LATE = auto()  # missing on the first day, sent on the second with its older time
    GONE = auto()  # deleted by the second day


# One row in a hundred has each of these.
OF_A_HUNDRED = {0: Fate.DIRTY, 1: Fate.DOUBLED, 2: Fate.LATE, 3: Fate.GONE}


@dataclass(frozen=True, kw_only=True)
class Copying:
    """How rows are copied.

    Attributes:
        scale: How many times the samples there are in all, including the samples themselves.
        seed: Decides which rows are odd.
        day: The day that the sources are at, 1 or 2.
    """

    scale: int
    seed: int
    day: int


def copies(rows: Sequence[Row], shape: Shape, copying: Copying, *, doubles: bool = True) -> Iterator[Row]:
    """The rows of all copies, without the samples themselves.

    Grain: one row in, `scale - 1` rows out, except for late, doubled and deleted ones. A row that would be late by more
    than the table's lag is not held back, since it would never be read.

    Args:
        rows: Rows of the samples on that day, with column names in any case.
        shape: What the contracts say about the table.
        copying: How many copies, with which seed, on which day.
        doubles: Whether the source can have a row twice.
    """
    if not rows:
        return
    names = {name.lower(): name for name in rows[0]}
    moments = [_moment(row[names[shape.cursor]]) if shape.cursor else None for row in rows]
    newest = max((m for m in moments if m), default=None)
    for copy in range(1, copying.scale):
        for i, row in enumerate(rows):
            made = row | {names[n]: renumbered(row[names[n]], copy) for n in shape.numbered if n in names}
            fate = _fate(made, shape, names, copying.seed)
            moment = moments[i]
            in_time = newest is None or moment is None or moment >= newest - shape.lag
            if fate is Fate.LATE and copying.day == FIRST_DAY and in_time:
                continue
            changed = _changed(made, fate, shape, names, copying.day, newest)
            if changed is not None:
                yield changed
            if fate is Fate.DOUBLED and doubles:
                yield made


def late(rows: Sequence[Row], shape: Shape, copying: Copying) -> list[Row]:
    """The rows that the second day adds to the first, for a source without a cursor."""
    names = {name.lower(): name for name in rows[0]} if rows else {}
    of_both = copies(rows, shape, Copying(scale=copying.scale, seed=copying.seed, day=SECOND_DAY))
    return [row for row in of_both if _fate(row, shape, names, copying.seed) is Fate.LATE]


def renumbered(value: str, copy: int) -> str:
    """A key, or a reference to one, with the value that it has in a copy; an empty cell stays empty."""
    if not value or not copy:
        return value
    if value.isdigit():
        return str(int(value) + copy * STEP)
    if SALESFORCE_ID.fullmatch(value):
        return f"{value[:3]}Z{LETTERS[copy // len(LETTERS)]}{LETTERS[copy % len(LETTERS)]}{value[6:]}"
    return f"{value}~{copy}"


def _fate(row: Row, shape: Shape, names: Mapping[str, str], seed: int) -> Fate:
    key = " ".join(row[names[name]] for name in shape.key)
    return OF_A_HUNDRED.get(_number(f"{seed} {shape.table} {key}") % 100, Fate.PLAIN)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _changed(  # noqa: PLR0917 - everything that decides it
    row: Row, fate: Fate, shape: Shape, names: Mapping[str, str], day: int, newest: datetime | None
) -> Row | None:
    if fate is Fate.DIRTY and shape.required:
        which = shape.required[_number(str(sorted(row.items()))) % len(shape.required)]
        return row | {names[which]: ""}
    if fate is Fate.GONE and day == SECOND_DAY:
        if shape.is_whole:
            return None
        if IS_DELETED in names and newest and shape.cursor:
            return row | {names[IS_DELETED]: "true", names[shape.cursor]: _as_stamp(newest + DELETED_AFTER)}
    return row


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _as_stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
