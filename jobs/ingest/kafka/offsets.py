"""The offsets that a topic holds, and the ranges of them that a batch reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from shared.errors import SourceContentError

if TYPE_CHECKING:
    from collections.abc import Mapping

OFFSETS, TOPIC_IDS = "offsets", "topicIds"
SHOWN = 8


@dataclass(frozen=True)
class PartitionOffsets:
    """The offsets a partition holds: from `earliest` on, and below `latest`."""

    earliest: int
    latest: int


@dataclass(frozen=True)
class TopicOffsets:
    """The offsets a broker holds of a topic, by partition.

    `id` distinguishes the topic from an earlier one of the same name; None from brokers older than 2.8.
    """

    name: str
    id: str | None
    partitions: Mapping[int, PartitionOffsets]


@dataclass(frozen=True)
class Gap:
    """Offsets of a partition that were removed before they were read; `upto` is the first that is still there."""

    partition: int
    since: int
    upto: int


@dataclass(frozen=True)
class Ranges:
    """What one batch reads of a topic, by partition: from `starts` on, and below `ends`.

    `remaining` more batches reach what the topic holds now.
    """

    topic: str
    topic_id: str | None
    starts: Mapping[int, int]
    ends: Mapping[int, int]
    gaps: tuple[Gap, ...] = ()
    remaining: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read and no gap to report."""
        return self.starts == self.ends and not self.gaps

    @property
    def position(self) -> dict[str, Any]:
        """The position to commit: the next offset of each partition, and the topic's id."""
        offsets = {OFFSETS: {self.topic: {str(p): self.ends[p] for p in sorted(self.ends)}}}
        return offsets | ({TOPIC_IDS: {self.topic: self.topic_id}} if self.topic_id else {})

    @property
    def options(self) -> dict[str, str]:
        """The options of Spark's source for exactly these offsets."""
        return {
            "assign": json.dumps({self.topic: sorted(self.starts)}),
            "startingOffsets": json.dumps({self.topic: {str(p): o for p, o in self.starts.items()}}),
            "endingOffsets": json.dumps({self.topic: {str(p): o for p, o in self.ends.items()}}),
        }

    def __str__(self) -> str:
        """The partitions with something to read, in words."""
        read = [f"partition {p} from offset {o}" for p, o in sorted(self.starts.items()) if self.ends[p] > o]
        return ", ".join([f"topic {self.topic}", *read[:SHOWN], *(["…"] if len(read) > SHOWN else [])])


def plan(
    topic: TopicOffsets, position: Mapping[str, Any] | None, *, at_most: int, fail_on_data_loss: bool, table: str
) -> Ranges:
    """Plan the batch: each partition from the position on, a new partition from its first offset.

    If there are more offsets than a batch may have, each partition gives its share, as in Spark's own source, so that
    all of them reach their ends in the same batch.

    Args:
        topic: The topic and the offsets that each partition holds now.
        position: The last commit's position, None at first.
        at_most: How many offsets to read; rounding may add one per partition.
        fail_on_data_loss: Whether offsets that were removed before they were read are an error; else they become gaps.
        table: The table's name, for errors.

    Raises:
        SourceContentError: offsets were removed, or the position is of another topic of that name.
    """
    held, said = topic.partitions, position or {}
    known = {int(p): int(o) for p, o in (said.get(OFFSETS) or {}).get(topic.name, {}).items()}
    known_id = (said.get(TOPIC_IDS) or {}).get(topic.name)
    is_another = None not in (known_id, topic.id) and known_id != topic.id
    reached = known | {p: 0 if known and not is_another else held[p].earliest for p in held if p not in known}
    # A partition may be gone: the topic was deleted and recreated with fewer.
    ends = {p: held.get(p, PartitionOffsets(0, 0)) for p in reached}
    gaps = tuple(
        Gap(p, since, ends[p].earliest)
        for p, since in sorted(reached.items())
        if (is_another and since > 0 and p in known) or not ends[p].earliest <= since <= ends[p].latest
    )
    if gaps and fail_on_data_loss:
        raise _lost(topic, ends, gaps, table, is_another=is_another)
    first = reached | {gap.partition: gap.upto for gap in gaps}
    starts = {p: first[p] for p in held}
    waiting = {p: held[p].latest - starts[p] for p in held}
    share = min(Fraction(1), Fraction(at_most, sum(waiting.values()) or 1))
    upto = {p: starts[p] + ceil(waiting[p] * share) for p in held}
    left = sum(held[p].latest - upto[p] for p in held)
    return Ranges(topic.name, topic.id, starts, upto, gaps, remaining=ceil(left / at_most))


def _lost(
    topic: TopicOffsets, held: Mapping[int, PartitionOffsets], gaps: tuple[Gap, ...], table: str, *, is_another: bool
) -> SourceContentError:
    given = "; ".join(
        f"topic {topic.name}, partition {g.partition}: the table stands at offset {g.since}, and the broker holds "
        f"{held[g.partition].earliest} to {held[g.partition].latest}"
        for g in gaps[:SHOWN]
    )
    on = "say failOnDataLoss: false under the server's customProperties: each gap then becomes a row of the quarantine"
    if is_another:
        return SourceContentError(
            f"{table}: the topic is another one than was read, as after it was deleted, or in another cluster",
            given=given,
            expected="the topic that the table's position is of",
            mend=f"to read the new one from its first record, {on}",
        )
    return SourceContentError(
        f"{table}: records were removed from Kafka before they were read",
        given=given,
        expected="every offset from the table's position on",
        mend=f"let the topic keep its records longer; to go on without those, {on}",
    )
