"""A schema that refers to others becomes one, which means what fastavro takes all of them to mean together."""

import io
import json
from datetime import date

import fastavro
import pytest

from jobs.ingest.kafka.references import refers_to_itself, whole

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


def holding(kind):
    fields = [{"name": "code", "type": {"type": "enum", "name": "Code", "symbols": ["A"]}}, {"name": "f", "type": kind}]
    return {"type": "record", "name": "Node", "namespace": "shop", "fields": fields}


@pytest.mark.parametrize(
    "schema, is_circular",
    [
        pytest.param(ORDER, False, id="names of others"),
        pytest.param(holding("Code"), False, id="one name twice, beside each other"),
        pytest.param(holding("other.Node"), False, id="the same name in another namespace"),
        pytest.param(holding(["null", "Node"]), True, id="a branch"),
        pytest.param(holding({"type": "map", "values": "shop.Node"}), True, id="values of a map"),
        pytest.param(holding({"type": "array", "items": {"type": "Node"}}), True, id="a name in an object of its own"),
        pytest.param(holding({**holding("Node"), "name": "Leaf"}), True, id="by way of another"),
        pytest.param(whole(holding("Leaf"), [{**holding("Node"), "name": "Leaf"}]), True, id="by way of a reference"),
        pytest.param('"string"', False, id="a type of Avro's own"),
    ],
)
def test_a_schema_that_has_itself_inside_is_known(schema, is_circular):
    assert is_circular is refers_to_itself(schema)
