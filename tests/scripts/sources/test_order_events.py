"""The topics' records are derived from the samples, grow from delivery to delivery, and have each oddity once."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from scripts.sources.delivered_files import sample_orders
from scripts.sources.deliveries import MALFORMED, ORDER_CHANGES, ORDER_EVENTS, How, oddities
from scripts.sources.order_events import CHANGES_TOPIC, EVENTS_TOPIC, HEADERS, messages
from tests.oracle.delivered import day

EVENTS = "kafka__order_events"


def of(topic, delivery):
    return [m for partition in messages(delivery)[topic] for m in partition]


@pytest.mark.parametrize("topic", [EVENTS_TOPIC, CHANGES_TOPIC])
def test_a_topic_only_grows(topic):
    first, second = messages(1)[topic], messages(2)[topic]

    assert first == [partition[: len(known)] for partition, known in zip(second, first, strict=True)]
    assert all(len(known) < len(partition) for partition, known in zip(second, first, strict=True))
    assert first == messages(1)[topic]


@pytest.mark.examples
def test_every_order_is_placed_paid_and_shipped_when_the_samples_say():
    events = {e["event_id"]: e for e in day(2).rows[EVENTS] if e["event_type"] != "teleported"}
    expected = {}
    for order in sample_orders():
        for kind, moment in (
            ("placed", order["orderdate"]),
            ("paid", order["orderdate"].replace("00:00:00", "01:00:00")),
            ("shipped", order["shipdate"]),
        ):
            expected[f"{order['salesorderid']}-{kind}"] = (Decimal(order["totaldue"]), f"{moment}+00:00")

    assert expected == {key: (Decimal(e["amount_usd"]), e["occurred_at"]) for key, e in events.items()}


@pytest.mark.examples
def test_what_is_odd_is_in_the_second_delivery_alone():
    assert [] == day(1).malformed[EVENTS]
    assert Counter(o.what for o in oddities(ORDER_EVENTS, *How) if o.fate == MALFORMED) == Counter(
        bad.what for bad in day(2).malformed[EVENTS]
    )
    counts = Counter(e["event_id"] for e in day(2).rows[EVENTS])
    assert [o.row for o in oddities(ORDER_EVENTS, How.DOUBLED)] == [key for key, count in counts.items() if count > 1]


def test_a_deleted_order_ends_with_its_delete_and_a_tombstone():
    [oddity] = oddities(ORDER_CHANGES, How.REMOVED)
    *_, deleted, tombstone = of(CHANGES_TOPIC, 2)

    assert ("d", int(oddity.row), None) == (
        json.loads(deleted.value)["op"],
        json.loads(deleted.value)["before"]["salesorderid"],
        tombstone.value,
    )
    assert deleted.key == tombstone.key


def test_every_record_says_that_it_is_made_up():
    assert (("origin", b"synthetic"),) == HEADERS
