"""How far a source has been read, in words: what a commit's position says, for people."""

from __future__ import annotations

from typing import Any

from jobs.ingest.kafka_offsets import OFFSETS, SHOWN

CURSOR = "cursor"
MODIFIED_UPTO = "modified_upto"


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
