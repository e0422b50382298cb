"""Which part of a source the lake must hold by now: what neither a late commit nor a change since can have touched."""

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
    """The span that is compared; None when nothing has been read.

    A row is committed at its source no later than `lag` after its cursor. So those below the moment at which the source
    was last asked, less the lag, were all there to be read. Nothing greater than what was read is asked for, and
    nothing older than the contract's window. A source without a cursor is compared whole.

    Bounds that are reckoned are whole seconds, since not every source knows less.

    Args:
        source: Where the table comes from.
        position: How far the last batch read. Those of earlier releases do not say when it asked.
        committed_at: When it was committed; None when that is no longer known.
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
    # A day is over when all of it is settled.
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
