"""Computes the settled part of a source: the rows that no late commit and no later change can affect."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from jobs.ingest.cursor_position import ASKED_AT, CURSOR
from jobs.ingest.source_figures import CursorSpan
from shared.moments import MOMENTS, moment_of

if TYPE_CHECKING:
    from shared.contracts import Source


def settled_span(
    source: Source, position: dict[str, Any], committed_at: datetime | None, cursor_type: str
) -> CursorSpan | None:
    """The span of the cursor that is compared; None if no value of the cursor has been read yet.

    A row is committed at its source no later than `lag` after its cursor. So all rows below the time of the last read,
    less the lag, were there to be read: the span ends there, and at the greatest cursor that was read. It starts where
    the contract's window does, and stays within the source's initial and end value. A source without a cursor is
    compared as a whole.

    Computed bounds are whole seconds, since not every source has finer timestamps.

    Args:
        source: The table's source.
        position: The position of the last batch. One of an earlier release lacks the time of the read.
        committed_at: When that batch was committed; None if that is no longer known.
        cursor_type: The type of the cursor's values.
    """
    if source.cursor is None:
        return CursorSpan()
    reached = position.get(CURSOR)
    if reached is None:
        return None
    if cursor_type not in MOMENTS:
        return CursorSpan(start=source.initial_value, last=str(reached), end=source.end_value)
    last = moment_of(str(reached))
    asked_at = moment_of(position[ASKED_AT]) if ASKED_AT in position else committed_at or last
    # A date counts as settled once its whole day is.
    latest = (asked_at - timedelta(seconds=source.lag_seconds)).replace(microsecond=0)
    ends = [latest if cursor_type == "timestamp" else datetime.combine(latest.date(), time(), UTC)]
    ends += [moment_of(source.end_value)] if source.end_value else []
    starts = [moment_of(source.initial_value)] if source.initial_value else []
    if (window := source.reconciling.window_seconds) is not None:
        starts.append((min(last, *ends) - timedelta(seconds=window)).replace(microsecond=0))
    return CursorSpan(
        start=_text(max(starts), cursor_type) if starts else None,
        last=str(reached),
        end=_text(min(ends), cursor_type),
    )


def _text(moment: datetime, cursor_type: str) -> str:
    if cursor_type == "date":
        return date(moment.year, moment.month, moment.day).isoformat()
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
