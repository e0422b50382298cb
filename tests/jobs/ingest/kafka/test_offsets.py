"""A topic is read on from where it was left, and what is gone is told."""

from itertools import pairwise

import pytest

from jobs.ingest.kafka.offsets import Gap, PartitionOffsets, TopicOffsets, plan
from shared.errors import SourceContentError

HELD = {0: PartitionOffsets(5, 20), 1: PartitionOffsets(0, 7)}


def planned(position, held=HELD, topic_id="now", *, at_most=1000, fail_on_data_loss=True):
    topic = TopicOffsets("orders", topic_id, held)
    return plan(topic, position, at_most=at_most, fail_on_data_loss=fail_on_data_loss, table="bronze.kafka__orders")


def at(topic_id="now", **offsets):
    of_topic = {"topicIds": {"orders": topic_id}} if topic_id else {}
    return {"offsets": {"orders": {p.removeprefix("p"): o for p, o in offsets.items()}}} | of_topic


@pytest.mark.parametrize(
    "position, starts",
    [
        pytest.param(None, {0: 5, 1: 0}, id="all that is held at first"),
        pytest.param(at(p0=12, p1=7), {0: 12, 1: 7}, id="from the position on"),
        pytest.param(at(p0=12), {0: 12, 1: 0}, id="a partition that is new, from its beginning"),
        pytest.param(at(None, p0=12, p1=7), {0: 12, 1: 7}, id="a position that does not say of which topic it is"),
        pytest.param({"offsets": {"others": {"0": 12}}}, {0: 5, 1: 0}, id="the position of another topic"),
    ],
)
def test_a_batch_reads_from_the_position_to_what_is_there_now(position, starts):
    ranges = planned(position)

    assert (starts, {0: 20, 1: 7}, ()) == (ranges.starts, ranges.ends, ranges.gaps)
    assert at(p0=20, p1=7) == ranges.position


@pytest.mark.parametrize(
    "at_most, ends",
    [
        pytest.param(22, [(20, 7)], id="all"),
        pytest.param(20, [(19, 7), (20, 7)], id="more than a batch may have"),
        pytest.param(6, [(10, 2), (14, 4), (18, 6), (20, 7)], id="several batches"),
        pytest.param(1, None, id="one at a time"),
    ],
)
def test_a_batch_has_no_more_than_it_may_and_takes_a_share_of_each_partition(at_most, ends):
    ranges = planned(None, at_most=at_most)
    remaining, read = ranges.remaining, [ranges]
    while ranges.remaining:
        ranges = planned(ranges.position, at_most=at_most)
        read.append(ranges)

    assert remaining >= len(read) - 1
    assert at(p0=20, p1=7) == ranges.position
    assert ends is None or ends == [(r.ends[0], r.ends[1]) for r in read]
    assert all(later.starts == earlier.ends for earlier, later in pairwise(read))
    # A partition's share is rounded up.
    assert all(sum(r.ends.values()) - sum(r.starts.values()) < at_most + len(HELD) for r in read)
    assert planned(ranges.position, at_most=at_most).is_empty


def test_many_partitions_with_one_record_each_are_one_batch():
    ranges = planned(None, {p: PartitionOffsets(0, 1) for p in range(200)}, at_most=100)

    assert (200, 0) == (sum(ranges.ends.values()), ranges.remaining)


def test_nothing_is_read_when_nothing_came():
    assert planned(at(p0=20, p1=7)).is_empty
    assert not planned(at(p0=19, p1=7)).is_empty
    assert planned(at(p0=20, p1=7), topic_id=None).is_empty
    assert planned(at(None, p0=20, p1=7)).is_empty


LOST = [
    pytest.param(at(p0=4, p1=7), Gap(0, 4, 5), "partition 0: the table stands at offset 4", id="retention took some"),
    pytest.param(at(p0=21, p1=7), Gap(0, 21, 5), "at offset 21, and the broker holds 5 to 20", id="a topic recreated"),
    pytest.param(at(p1=7), Gap(0, 0, 5), "partition 0: the table stands at offset 0", id="of a partition never read"),
    pytest.param(at(p0=5, p1=0, p2=9), Gap(2, 9, 0), "partition 2", id="a partition that is no more"),
]


@pytest.mark.parametrize("position, gap, said", LOST)
def test_offsets_that_are_gone_fail_the_table(position, gap, said):
    with pytest.raises(SourceContentError, match=said) as caught:
        planned(position)

    assert "bronze.kafka__orders: records were removed from Kafka" in str(caught.value)
    assert "failOnDataLoss: false" in str(caught.value)


@pytest.mark.parametrize("position, gap, said", LOST)
def test_offsets_that_are_gone_become_a_gap_where_the_contract_allows_it(position, gap, said):
    ranges = planned(position, fail_on_data_loss=False)

    assert ((gap,), at(p0=20, p1=7)) == (ranges.gaps, ranges.position)
    assert set(HELD) == set(ranges.starts)
    assert all(HELD[p].earliest <= start <= HELD[p].latest for p, start in ranges.starts.items())


def test_a_topic_made_anew_is_told_also_where_it_holds_the_offset_again():
    before = at("before", p0=12, p1=7)

    with pytest.raises(SourceContentError, match=r"the topic is another one .*; given: topic orders, partition"):
        planned(before)
    ranges = planned(before, fail_on_data_loss=False)

    assert ((Gap(0, 12, 5), Gap(1, 7, 0)), {0: 5, 1: 0}) == (ranges.gaps, ranges.starts)
    assert at("now", p0=20, p1=7) == ranges.position


def test_a_partition_of_which_nothing_was_read_is_no_gap():
    ranges = planned(at("before", p0=0, p1=0), {0: PartitionOffsets(0, 3), 1: PartitionOffsets(0, 0)})

    assert ((), {0: 0, 1: 0}) == (ranges.gaps, ranges.starts)


def test_a_partition_that_the_topic_before_did_not_have_is_read_from_its_first_offset():
    ranges = planned(at("before", p0=12), fail_on_data_loss=False)

    assert ((Gap(0, 12, 5),), {0: 5, 1: 0}) == (ranges.gaps, ranges.starts)


def test_the_words_for_people_name_what_is_read_and_stay_short():
    many = planned(None, {p: PartitionOffsets(0, 1) for p in range(200)})

    assert "topic orders, partition 0 from offset 12" == str(planned(at(p0=12, p1=7)))
    assert len(str(many)) < 300
