"""`lake trace` shows where a row comes from and where it went."""

import re


def test_findings_are_objects_of_one_shape(ask_json):
    found = ask_json("trace", "silver.lines", "9,1")

    assert 1 == len({tuple(row) for row in found})
    assert [
        ("bronze.shop__lines", "row"),
        ("silver.lines", "quarantined"),
        ("silver.lines", "note"),
        ("gold.sales", "note"),
    ] == [(row["table"], row["what"]) for row in found]
    assert {
        "table": "silver.lines",
        "what": "quarantined",
        "via": "asked for order_id = 9, line_number = 1",
        "source": None,
        "source_position": "lines/1.csv#4",
        "batch": 1,
        "run_id": "run-1",
        "at": "2026-01-01T04:01:00Z",
        "rules": ["order_id_exists"],
        "row": {"order_id": "9", "weight": "0.10"},
        "note": None,
    } == found[1]


def test_key_may_be_a_part_by_name(ask_json):
    found = ask_json("trace", "gold.sales", "order_id=1")

    assert 2 == sum(row["table"] == "gold.sales" for row in found)


def test_people_read_it_from_source_to_gold(ask):
    told = ask("trace", "silver.orders", "1").stdout
    heads = [line.rstrip() for line in told.splitlines() if not line.startswith(" ")]

    assert [
        "bronze.shop__orders  2 rows  from shop shop__orders  by order_id",
        "bronze.shop__orders  has refused 1 row that could not be read, and so without a key: see ./lake",
        "quarantine bronze.shop__orders",
        "silver.orders  1 row  asked for order_id = 1",
        "silver.lines  2 rows  by order_id",
    ] == heads[:5]
    assert {"gold.sales  2 rows  by order_id", "gold.totals  1 row  by customer_id"} == set(heads[5:])
    assert "  order_id=1  customer_id=7  amount_eur=11.00  state=sent  changed_at=2025-02-01 00:00:00" in told
    assert re.search(r"^ +2 run-2 2026-01-01 04:00 orders/2.csv#2 +1 +7 +11 +sent", told, flags=re.MULTILINE)


def test_nothing_is_wider_than_the_terminal(ask):
    assert [] == [line for line in ask("trace", "silver.customers", "7").stdout.splitlines() if len(line) > 100]
