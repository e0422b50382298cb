"""How far a source has been read: the cursor in a commit's position, how a batch moves it, and a position in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.ingest.kafka.offsets import OFFSETS, SHOWN
from shared.contracts.numbers import FLOATING
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column

    from shared.contracts import Table

CURSOR = "cursor"
# When the source was last queried from its position on; a backfill and a replay keep the earlier value.
ASKED_AT = "asked_at"
LEAST = "least"
# Rows whose cursor is too far in the future to be a position.
AHEAD = "cursor_ahead"
MODIFIED_UPTO = "modified_upto"
# Clocks of sources are off by seconds; time zones are up to 26 hours apart.
FARTHEST = timedelta(hours=26)


def cursor_measures(table: Table, last: dict[str, Any]) -> list[Column]:
    """Aggregates over a batch: its least cursor, the greatest cursor so far, and how many lie too far in the future.

    Cursors are texts, and null for a table without a cursor. A row of the year 9999 does not move the greatest cursor,
    or every later run would start from there; it is ingested, and in each later run dropped as known. Nor do NaN and
    the infinities, from which no source can go on.

    Args:
        table: The bronze table.
        last: The last commit's position.
    """
    cursor = table.source.cursor if table.source else None
    if cursor is None:
        return [F.lit(None).alias(LEAST), F.lit(None).alias(CURSOR), F.lit(0).alias(AHEAD)]
    kind, found = next(c.type for c in table.columns if c.name == cursor), F.col(cursor)
    is_ahead = _is_ahead(found, kind)
    greatest = F.greatest(F.max(F.when(~is_ahead, found)), F.lit(last.get(CURSOR)).cast(kind))
    return [
        F.min(cursor).cast("string").alias(LEAST),
        greatest.cast("string").alias(CURSOR),
        F.count_if(is_ahead).alias(AHEAD),
    ]


def _is_ahead(cursor: Column, kind: str) -> Column:
    if kind in MOMENTS:
        return cursor > F.lit(f"{datetime.now(UTC) + FARTHEST:%Y-%m-%d %H:%M:%S}").cast(kind)
    if kind in FLOATING:
        return F.isnan(cursor) | (F.abs(cursor) == F.lit(inf))
    return F.lit(False)


def is_same_position(position: dict[str, Any], last: dict[str, Any] | None) -> bool:
    """Whether two positions are the same but for when the source was queried."""
    return last is not None and {**position, ASKED_AT: None} == {**last, ASKED_AT: None}


def position_in_words(position: dict[str, Any] | None) -> str:
    """A position for people: the greatest cursor, the next offsets, or the time of the newest file; else empty."""
    known = position or {}
    offsets = [
        f"{topic}/{partition}: {offset}"
        for topic, of_topic in known.get(OFFSETS, {}).items()
        for partition, offset in sorted(of_topic.items(), key=lambda item: int(item[0]))
    ]
    if offsets:
        return ", ".join(offsets[:SHOWN] + ["…"] * (len(offsets) > SHOWN))
    return str(known.get(CURSOR) or known.get(MODIFIED_UPTO) or "")
