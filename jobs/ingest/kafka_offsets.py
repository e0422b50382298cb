"""Which offsets of a topic are there, and which of them a batch reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.errors import SourceContentError

if TYPE_CHECKING:
    from collections.abc import Mapping

OFFSETS = "offsets"
SHOWN = 8


@dataclass(frozen=True)
class Held:
    """The offsets a partition holds: from `earliest` on, up to `latest`, which is not there yet."""

    earliest: int
    latest: int


@dataclass(frozen=True)
class Gap:
    """Offsets of a partition that are gone before they were read; `upto` is the first that is still there."""

    partition: int
    since: int
    upto: int


@dataclass(frozen=True)
class Ranges:
    """What one batch reads of a topic: from `starts` on, up to `ends`, by partition."""

    topic: str
    starts: Mapping[int, int]
    ends: Mapping[int, int]
    gaps: tuple[Gap, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read and nothing lost."""
        return self.starts == self.ends and not self.gaps

    @property
    def position(self) -> dict[str, Any]:
        """What the commit says once this has been read: the next offset of each partition."""
        return {OFFSETS: {self.topic: {str(p): self.ends[p] for p in sorted(self.ends)}}}

    @property
    def options(self) -> dict[str, str]:
        """The options of Spark's source for exactly these offsets."""
        return {
            "assign": json.dumps({self.topic: sorted(self.starts)}),
            "startingOffsets": json.dumps({self.topic: {str(p): o for p, o in self.starts.items()}}),
            "endingOffsets": json.dumps({self.topic: {str(p): o for p, o in self.ends.items()}}),
        }

    def __str__(self) -> str:
        """The partitions that have something to read, in words."""
        read = [f"partition {p} from offset {o}" for p, o in sorted(self.starts.items()) if self.ends[p] > o]
        return ", ".join([f"topic {self.topic}", *read[:SHOWN], *(["…"] if len(read) > SHOWN else [])])


def plan(
    topic: str, held: Mapping[int, Held], position: Mapping[str, Any] | None, *, fail_on_data_loss: bool, table: str
) -> Ranges:
    """Read on from the position, a partition that is new from its first offset.

    Args:
        topic: The topic.
        held: The offsets each partition holds now.
        position: What the last commit said.
        fail_on_data_loss: Whether offsets that are gone before they were read are an error; else they become gaps.
        table: The table's name, for errors.

    Raises:
        SourceContentError: offsets are gone.
    """
    known = ((position or {}).get(OFFSETS) or {}).get(topic, {})
    reached = {p: int(known.get(str(p), 0 if known else held[p].earliest)) for p in held}
    # A partition that is no more: the topic was deleted and made anew.
    reached |= {int(p): int(o) for p, o in known.items() if int(p) not in held}
    ends = {p: held.get(p, Held(0, 0)) for p in reached}
    gaps = tuple(
        Gap(p, since, ends[p].earliest)
        for p, since in sorted(reached.items())
        if not ends[p].earliest <= since <= ends[p].latest
    )
    if gaps and fail_on_data_loss:
        raise _lost(topic, ends, gaps, table)
    starts = reached | {gap.partition: gap.upto for gap in gaps}
    return Ranges(topic, {p: starts[p] for p in held}, {p: held[p].latest for p in held}, gaps)


def _lost(topic: str, held: Mapping[int, Held], gaps: tuple[Gap, ...], table: str) -> SourceContentError:
    given = "; ".join(
        f"topic {topic}, partition {g.partition}: the table stands at offset {g.since}, and the broker holds "
        f"{held[g.partition].earliest} to {held[g.partition].latest}"
        for g in gaps[:SHOWN]
    )
    return SourceContentError(
        f"{table}: records were removed from Kafka before they were read",
        given=given,
        expected="every offset from the table's position on",
        mend="let the topic keep its records longer; to go on without those, say failOnDataLoss: false under the "
        "server's customProperties: each gap then becomes a row of the quarantine",
    )
