"""Refused rows are counted by rule, and shown with reasons and sources."""

from datetime import timedelta

import pytest

from scripts.looking.lake import open_lake
from scripts.looking.quarantine import overview, refused
from shared.names import TableName
from tests.support.hand_made_lake import FIRST, RED, START, HandMadeLake


def test_overview_has_a_line_per_table_and_rule(lake, catalog):
    expected = [
        ("bronze.shop__orders", "short row: 2 of 5 fields", 1, FIRST, FIRST),
        ("silver.lines", "order_id_exists", 1, FIRST, FIRST),
        ("silver.orders", "amount_not_negative", 1, RED, RED),
    ]

    found = overview(lake, catalog)

    assert expected == [(r["table"], r["rule"], r["rows"], r["first_run"], r["last_run"]) for r in found]


def test_row_counts_for_each_of_its_rules_from_first_to_last_run(tmp_path, catalog):
    made = HandMadeLake(tmp_path, catalog)
    made.put("silver.stock", "r0", 1)
    made.refuse("silver.stock", "r1", 1, [["a", "b"], "f#1", "{}", "{}"])
    made.refuse("silver.stock", "r2", 2, [["b"], "f#2", "{}", "{}"])

    found = overview(open_lake(made.root), catalog)

    assert [("b", 2, "r1", "r2"), ("a", 1, "r1", "r1")] == [
        (r["rule"], r["rows"], r["first_run"], r["last_run"]) for r in found
    ]
    assert [START + timedelta(minutes=n) for n in (1, 2)] == [found[0]["first_at"], found[0]["last_at"]]


def test_refused_row_says_why_and_from_where(lake):
    assert [
        {
            "table": "silver.lines",
            "batch": 1,
            "run_id": FIRST,
            "quarantined_at": START + timedelta(minutes=1),
            "rules": ["order_id_exists"],
            "source_position": "lines/1.csv#4",
            "row_key": '{"order_id":9,"line_number":1}',
            "row": '{"order_id":"9","weight":0.10}',
            "contract": "0" * 16,
        }
    ] == refused(lake, TableName.parse("silver.lines"))


@pytest.mark.parametrize(
    "rule, rows",
    [
        pytest.param("amount_not_negative", 1, id="one that refused rows"),
        pytest.param("amount_usual", 0, id="one that did not"),
    ],
)
def test_only_what_one_rule_refused(lake, catalog, rule, rows):
    assert rows == len(refused(lake, TableName.parse("silver.orders"), rule))
    assert rows == len(overview(lake, catalog, rule))


def test_table_that_refused_nothing_has_no_rows(lake):
    assert [] == refused(lake, TableName.parse("silver.customers"))
