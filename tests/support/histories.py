"""Random events of one key, their delivery, and the expected tables, computed in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2026, 1, 1)  # noqa: DTZ001 - the source's times are UTC and say no zone
BATCHES = 3


@dataclass(frozen=True)
class Event:
    """A row that a source sends: None is written as an empty cell, an empty text as quotes."""

    key: str
    name: str | None
    city: str | None
    is_delete: bool
    moment: int | None

    @property
    def changed_at(self) -> datetime | None:
        return None if self.moment is None else START + timedelta(hours=self.moment)

    @property
    def refused_for(self) -> list[str]:
        """The rules that the event fails."""
        rules = [] if self.key.isdigit() else ["person_id_type" if self.key else "person_id_required"]
        return rules + (["changed_at_required"] if self.moment is None else [])

    @property
    def line(self) -> str:
        """The row in a file."""
        cells = [self.key or None, self.name, self.city, "D" if self.is_delete else "U", self.changed_at]
        return ",".join("" if c is None else f'"{c}"' for c in cells)

    @property
    def rank(self) -> tuple[bool, Any]:
        """The order of events at one moment: a delete wins, then the greatest values in turn, with null below all."""
        values = [(value is not None, value or "") for value in (self.name, self.city)]
        return self.is_delete, () if self.is_delete else values


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Event, tuple[int, ...]]]:
    """Events of one key, which is named later, each with the batches that it arrives in, perhaps twice in one."""
    values = st.sampled_from(["a", "b", "B", "", None])
    one = st.builds(Event, st.just("0"), values, values, st.sampled_from([False, False, True]), st.integers(0, 5))
    dirty = st.builds(Event, st.sampled_from(["0", "k0", ""]), values, values, st.booleans(), st.none())
    rows = draw(st.lists(st.one_of(one, one, one, one, one, one, dirty), min_size=1, max_size=7))
    when = st.lists(st.integers(0, BATCHES - 1), min_size=1, max_size=3).map(tuple)
    return [(row, draw(when)) for row in rows]


def deciding(events: Iterable[Event]) -> list[Event]:
    """The good event that counts at each moment, in order."""
    good = sorted((e for e in events if not e.refused_for), key=lambda e: (e.moment, e.rank))
    return [list(same)[-1] for _, same in groupby(good, key=lambda e: e.moment)]


def newest_row(events: Iterable[Event]) -> list[tuple[Any, ...]]:
    """The row of a key in a table with one row per key; None if it is deleted."""
    last = deciding(events)[-1:]
    return [(int(e.key), e.name, e.city, e.changed_at) for e in last if not e.is_delete]


def versions(events: Iterable[Event], *, keeps_nulls: bool) -> list[tuple[Any, ...]]:
    """The versions of a key: `name` is tracked and `city` is not; a null is a value, or means "as before"."""
    found: list[list[Any]] = []
    is_open, name, city = False, None, None
    for e in deciding(events):
        if e.is_delete:
            if is_open:
                found[-1][5:] = [e.changed_at, False]
            is_open, name, city = False, None, None
            continue
        before, name = name, e.name if keeps_nulls or e.name is not None else name
        city = e.city if keeps_nulls or e.city is not None else city
        if is_open and name == before:
            found[-1][2:4] = [city, e.changed_at]
            continue
        if is_open:
            found[-1][5:] = [e.changed_at, False]
        found.append([int(e.key), name, city, e.changed_at, e.changed_at, None, True])
        is_open = True
    return [tuple(version) for version in found]
