"""How far a source has been read: what a commit's position says of a cursor, and the same in words, for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.ingest.kafka_offsets import OFFSETS, SHOWN

if TYPE_CHECKING:
    from pyspark.sql import Column

    from shared.contracts import Table

CURSOR = "cursor"
# When the source was asked for all from the position on; a backfill and a replay carry on what was said before.
ASKED_AT = "asked_at"
LEAST = "least"
# Rows whose cursor lies so far ahead that it says nothing of how far the source has been read.
AHEAD = "cursor_ahead"
MODIFIED_UPTO = "modified_upto"
MOMENTS = {"date", "timestamp", "timestamp_ntz"}
# Clocks of sources go wrong by seconds; the zones of the world are 26 hours apart.
FARTHEST = timedelta(hours=26)


def reach(table: Table, last: dict[str, Any]) -> list[Column]:
    """The measures of the least cursor that was read and the greatest ever, as texts, and how many lie too far ahead.

    One row of the year 9999 would otherwise be where the next run goes on from, and every one after it. It comes in,
    and again in each run, as a row that is known. Without a cursor the first two are null.

    Args:
        table: The bronze table.
        last: What the last commit's position says.
    """
    cursor = table.source.cursor if table.source else None
    if cursor is None:
        return [F.lit(None).alias(LEAST), F.lit(None).alias(CURSOR), F.lit(0).alias(AHEAD)]
    kind, found = next(c.type for c in table.columns if c.name == cursor), F.col(cursor)
    farthest = F.lit(f"{datetime.now(UTC) + FARTHEST:%Y-%m-%d %H:%M:%S}")
    is_ahead = found > farthest.cast(kind) if kind in MOMENTS else F.lit(False)
    greatest = F.greatest(F.max(F.when(~is_ahead, found)), F.lit(last.get(CURSOR)).cast(kind))
    return [
        F.min(cursor).cast("string").alias(LEAST),
        greatest.cast("string").alias(CURSOR),
        F.count_if(is_ahead).alias(AHEAD),
    ]


def is_as_far(position: dict[str, Any], last: dict[str, Any] | None) -> bool:
    """Whether a source has been read as far as by the last position, whenever it was asked."""
    return last is not None and {**position, ASKED_AT: None} == {**last, ASKED_AT: None}


def reached(position: dict[str, Any] | None) -> str:
    """The greatest cursor, the next offsets, or the time of the newest file; empty where there is none of them."""
    known = position or {}
    offsets = [
        f"{topic}/{partition}: {offset}"
        for topic, of_topic in known.get(OFFSETS, {}).items()
        for partition, offset in sorted(of_topic.items(), key=lambda item: int(item[0]))
    ]
    if offsets:
        return ", ".join(offsets[:SHOWN] + ["…"] * (len(offsets) > SHOWN))
    return str(known.get(CURSOR) or known.get(MODIFIED_UPTO) or "")
