"""Which values of its cursor a table is asked for: those from the position on, or those of a backfill's window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shared.errors import ContractError, LakewrightError, WindowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.contracts import Source, Table
    from shared.jobs import Window


@dataclass(frozen=True, kw_only=True)
class CursorRange:
    """From `start` less the lag on, and below all of `ends`; texts, as position, window or contract have them.

    A backfill's `window` takes the place of position, lag and `initialValue`; what a contract ends with `endValue`
    stays ended.
    """

    start: str | None
    ends: tuple[str, ...]
    lag: timedelta = timedelta(0)
    window: Window | None = None

    @classmethod
    def of(cls, source: Source, position: dict[str, Any] | None, window: Window | None) -> CursorRange:
        """What to ask a source with a cursor for.

        Args:
            source: The contract's source.
            position: What the last commit said.
            window: What a backfill asks for, None in an ordinary run.
        """
        ends = (source.end_value,) if source.end_value else ()
        if window:
            return cls(start=window.since, ends=(window.until, *ends), window=window)
        reached = (position or {}).get("cursor")
        if reached is None:
            return cls(start=source.initial_value, ends=ends)
        return cls(start=str(reached), ends=ends, lag=timedelta(seconds=source.lag_seconds))

    def values(self, value_of: Callable[[str], Any]) -> tuple[Any, list[Any]]:
        """The start, None without one, and the ends, as values of the cursor's type.

        Raises:
            ValueError: the window ends before it begins; or `value_of` raised it.
        """
        start = None if self.start is None else value_of(self.start)
        ends = [value_of(end) for end in self.ends]
        if self.window and not start < ends[0]:
            raise ValueError(self.window)
        return start, ends

    def misfit(self, table: Table, cursor: str, expected: str) -> LakewrightError:
        """The error for a start, end or lag that is none of the cursor's.

        Args:
            table: The contract.
            cursor: The cursor in words.
            expected: What its values look like.
        """
        if self.window:
            return WindowError(
                f"{table.name} has no such window of its cursor {cursor}",
                given=str(self.window),
                expected=f"{expected}; the end after the beginning",
                mend="ask for another window, or select the tables whose cursor it fits",
            )
        return ContractError(
            f"{table.file.name}:1: the cursor {cursor} cannot start or end there",
            given=f"{self.start!r} to {self.ends[0] if self.ends else None!r} with a lag of {self.lag}",
            expected=expected,
            mend="change cursor, lag, initialValue or endValue of the contract",
        )
