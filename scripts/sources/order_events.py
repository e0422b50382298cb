"""Generates Kafka records from the sample orders: status events in Avro, and changes in Debezium's form.

Both are made up from an order's OrderDate, ShipDate and Status alone, so they are the same on every machine; every
record has the header `origin: synthetic`. A topic is a log: in each partition, the records of delivery 1 are the
beginning of those of delivery 2.
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro

from scripts.sources.delivered_files import sample_orders
from scripts.sources.deliveries import ORDER_CHANGES, ORDER_EVENTS, ORDERS, ORDERS_UPTO, How, oddities

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVENTS_TOPIC, CHANGES_TOPIC = "order-events", ORDER_CHANGES
PARTITIONS = {EVENTS_TOPIC: 2, CHANGES_TOPIC: 1}
HEADERS = (("origin", b"synthetic"),)
SCHEMAS = Path(__file__).parent / "schemas"
# The producers switched to a new schema between the two deliveries.
SCHEMA_OF_DELIVERY = {1: 1, 2: 2}
PAID_AFTER = timedelta(hours=1)
SHIPPED = "5"

Row = dict[str, str]


@dataclass(frozen=True)
class Message:
    """One record of a topic before it is sent."""

    partition: int
    key: bytes
    value: bytes | None
    sent_at: datetime


def schema_files() -> Iterator[tuple[str, bytes]]:
    """The registry's schemas, as files for the landing place."""
    for file in sorted(SCHEMAS.glob("*.avsc")):
        yield f"schemas/kafka/{file.name}", file.read_bytes()


def messages(delivery: int, orders: Sequence[Row] | None = None) -> dict[str, list[list[Message]]]:
    """All records of the topics on the day of a delivery, by topic and partition, in the order of their offsets.

    Args:
        delivery: 1 or 2.
        orders: The order headers that the records are about; those of the samples if left out.
    """
    headers = sample_orders() if orders is None else orders
    found = {topic: [list[Message]() for _ in range(count)] for topic, count in PARTITIONS.items()}
    for day in range(1, delivery + 1):
        for message in _events(day, headers):
            found[EVENTS_TOPIC][message.partition].append(message)
        for message in _changes(day, headers):
            found[CHANGES_TOPIC][message.partition].append(message)
    return found


def _orders(delivery: int, orders: Sequence[Row]) -> list[Row]:
    """The orders whose records are sent on the day of this delivery, oldest first."""
    late = {o.row for o in oddities(ORDERS, How.HELD_BACK)}
    in_order = sorted(orders, key=lambda o: (o["orderdate"], int(o["salesorderid"])))
    return [o for o in in_order if (o["shipdate"] > ORDERS_UPTO or o["salesorderid"] in late) is (delivery > 1)]


def _events(delivery: int, orders: Sequence[Row]) -> Iterator[Message]:
    schema = SCHEMA_OF_DELIVERY[delivery]
    events = {str(e["event_id"]): e for order in _orders(delivery, orders) for e in _story(order)}
    odd = {o.row: o for o in oddities(ORDER_EVENTS, *How)} if delivery > 1 else {}
    for name, event in events.items():
        oddity = odd.get(name)
        yield _event(event, schema)
        if oddity and oddity.how is How.DOUBLED:
            yield _event(event, schema)
        elif oddity and oddity.cells:
            yield _event(event | oddity.cells, schema)
        elif oddity and oddity.bytes is not None:
            yield _message(event, bytes.fromhex(oddity.bytes))


def _story(order: Row) -> Iterator[dict[str, Any]]:
    """The events of one order: placed, paid an hour later, and shipped on its ShipDate if it was."""
    placed, shipped = (_moment(order[c]) for c in ("orderdate", "shipdate"))
    steps = [("placed", placed), ("paid", placed + PAID_AFTER)]
    steps += [("shipped", shipped)] if order["status"] == SHIPPED else []
    for kind, moment in steps:
        yield {
            "event_id": f"{order['salesorderid']}-{kind}",
            "order_id": int(order["salesorderid"]),
            "event_type": kind,
            "occurred_at": moment,
            "customer_id": int(order["customerid"]),
            "amount_usd": Decimal(order["totaldue"]),
            "channel": "web" if order["onlineorderflag"] == "t" else "store",
        }


def _event(event: dict[str, Any], schema_id: int) -> Message:
    body = io.BytesIO()
    known = {f["name"] for f in _schema(schema_id)["fields"]}
    fastavro.schemaless_writer(body, _schema(schema_id), {k: v for k, v in event.items() if k in known})
    return _message(event, struct.pack(">bI", 0, schema_id) + body.getvalue())


def _message(event: dict[str, Any], value: bytes) -> Message:
    partition = int(event["order_id"]) % PARTITIONS[EVENTS_TOPIC]
    return Message(partition, str(event["order_id"]).encode(), value, event["occurred_at"])


@cache
def _schema(schema_id: int) -> dict[str, Any]:
    parsed = fastavro.parse_schema(json.loads((SCHEMAS / f"{schema_id}.avsc").read_text(encoding="utf-8")))
    return dict(parsed)


def _changes(delivery: int, orders: Sequence[Row]) -> Iterator[Message]:
    """Debezium's records of an insert and an update of each order's row; one order is deleted at the end."""
    for order in _orders(delivery, orders):
        placed, shipped = (_moment(order[c]) for c in ("orderdate", "shipdate"))
        begun = _image(order) | {"status": 1, "shipdate": None, "modifieddate": _millis(placed)}
        yield _change(order, "c", None, begun, placed)
        yield _change(order, "u", begun, _image(order), shipped)
    for oddity in oddities(CHANGES_TOPIC, How.REMOVED) if delivery > 1 else []:
        order = next(o for o in sample_orders() if o["salesorderid"] == oddity.row)
        deleted = _moment(order["duedate"])
        yield _change(order, "d", _image(order), None, deleted)
        yield Message(0, _key(order), None, deleted)


def _image(order: Row) -> dict[str, Any]:
    return {
        "salesorderid": int(order["salesorderid"]),
        "customerid": int(order["customerid"]),
        "status": int(order["status"]),
        "totaldue": order["totaldue"],
        "shipdate": _millis(_moment(order["shipdate"])),
        "modifieddate": _millis(_moment(order["modifieddate"])),
    }


def _change(
    order: Row, op: str, before: dict[str, Any] | None, after: dict[str, Any] | None, moment: datetime
) -> Message:
    source = {"connector": "sqlserver", "db": "shop", "schema": "sales", "table": "salesorderheader"}
    envelope = {"before": before, "after": after, "source": source, "op": op, "ts_ms": _millis(moment)}
    return Message(0, _key(order), json.dumps(envelope).encode(), moment)


def _key(order: Row) -> bytes:
    return json.dumps({"salesorderid": int(order["salesorderid"])}).encode()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
