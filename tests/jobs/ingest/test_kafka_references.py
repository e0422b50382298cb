"""A schema that refers to others becomes one, which means what fastavro takes all of them to mean together."""

import io
import json
from datetime import date

import fastavro
import pytest

from jobs.ingest.kafka_references import whole

CURRENCY = {"type": "enum", "name": "shop.Currency", "symbols": ["EUR", "USD"]}
MONEY = {
    "type": "record",
    "name": "Money",
    "namespace": "shop",
    "fields": [{"name": "cents", "type": "long"}, {"name": "currency", "type": "Currency"}],
}
BARE = {"type": "record", "name": "Bare", "fields": [{"name": "total", "type": ["null", "shop.Money"]}]}
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "net", "type": "Money"},
        {"name": "parts", "type": {"type": "array", "items": "shop.Money"}},
        {"name": "by_name", "type": {"type": "map", "values": "shop.Money"}},
        {"name": "currency", "type": ["null", "Currency"]},
        {"name": "days", "type": {"type": "int", "logicalType": "date"}},
    ],
}
MOVE = {
    "type": "record",
    "name": "Move",
    "fields": [
        {"name": "own", "type": {"type": "fixed", "name": "stock.Money", "size": 2}},
        {"name": "bare", "type": "Bare"},
        {"name": "again", "type": "stock.Money"},
        {"name": "once_more", "type": "Bare"},
    ],
}
CENTS = {"cents": 5, "currency": "EUR"}
ORDERED = {"net": CENTS, "parts": [CENTS, CENTS], "by_name": {"a": CENTS}, "currency": "USD", "days": date(1970, 1, 4)}
MOVED = {"own": b"ab", "bare": {"total": CENTS}, "again": b"cd", "once_more": {"total": None}}


@pytest.mark.parametrize(
    "schema, others, record",
    [
        pytest.param(MONEY, [CURRENCY], CENTS, id="a name in the same namespace"),
        pytest.param(ORDER, [MONEY, CURRENCY], ORDERED, id="names again and again"),
        pytest.param(MOVE, [BARE, MONEY, CURRENCY], MOVED, id="a name without namespace, and one of its own"),
    ],
)
def test_one_schema_says_what_all_say_together(schema, others, record):
    together = {}
    for other in reversed(others):
        fastavro.parse_schema(json.loads(json.dumps(other)), together)
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(schema, together), record)

    alone = fastavro.parse_schema(json.loads(json.dumps(whole(schema, others))))

    assert record == fastavro.schemaless_reader(io.BytesIO(written.getvalue()), alone)


def test_names_are_found_where_java_finds_them():
    """In an object of their own, and without namespace where the namespace at hand has none of that name."""
    within = {"type": "record", "name": "stock.Held", "fields": [{"name": "bare", "type": {"type": "Bare"}}]}

    [field] = whole(within, [BARE, MONEY, CURRENCY])["fields"]

    money = {
        **MONEY,
        "fields": [
            MONEY["fields"][0],
            {"name": "currency", "type": {**CURRENCY, "name": "Currency", "namespace": "shop"}},
        ],
    }
    total = {"name": "total", "type": ["null", money]}
    assert {"name": "bare", "type": {**BARE, "namespace": "", "fields": [total]}} == field


def test_a_schema_that_needs_no_other_stays_as_it_is():
    assert whole(CURRENCY, [MONEY]) == CURRENCY
    assert whole(["null", {"type": "int", "logicalType": "date"}], [MONEY]) == [
        "null",
        {"type": "int", "logicalType": "date"},
    ]
