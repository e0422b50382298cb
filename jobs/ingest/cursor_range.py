"""Which values of its cursor a table is read for: those from the position on, or those of a backfill's window."""

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
    """What ingestion reads next: from `start` less the lag on, and below all of `ends`.

    Bounds are texts, as position, window and contract have them. A backfill's `window` replaces position, lag and
    `initialValue`; the contract's `endValue` still holds. A `CursorSpan`, in contrast, is what reconciliation compares:
    a part that has been read already, up to the greatest cursor that was read.
    """

    start: str | None
    ends: tuple[str, ...]
    lag: timedelta = timedelta(0)
    window: Window | None = None

    @classmethod
    def of(cls, source: Source, position: dict[str, Any] | None, window: Window | None) -> CursorRange:
        """The range to read of a source with a cursor.

        Args:
            source: The contract's source.
            position: The last commit's position, None at first.
            window: A backfill's window, None in an ordinary run.
        """
        ends = (source.end_value,) if source.end_value else ()
        if window:
            return cls(start=window.since, ends=(window.until, *ends), window=window)
        cursor = (position or {}).get("cursor")
        if cursor is None:
            return cls(start=source.initial_value, ends=ends)
        return cls(start=str(cursor), ends=ends, lag=timedelta(seconds=source.lag_seconds))

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
        """The error for a start, end or lag that does not fit the cursor's type.

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
