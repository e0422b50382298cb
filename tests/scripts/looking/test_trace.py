"""A row is followed up to its source and down to gold, including the quarantine, by contracts alone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from scripts.looking import traced_tables
from scripts.looking.errors import WrongRequestError
from scripts.looking.findings import What
from scripts.looking.lake import open_lake
from scripts.looking.trace import trace
from tests.support.hand_made_lake import FIRST, RED, START, HandMadeLake

NO_KEY = "has refused 1 row that could not be read, and so without a key: see ./lake quarantine bronze.shop__orders"
NO_ROW = "has no such row"


def short(finding):
    """Table, kind, and what identifies the finding: its source position, its note, or its first value."""
    tells = finding.note or finding.source_position or next(iter((finding.row or {}).values()))
    return finding.table, finding.what.value, tells


@pytest.mark.parametrize(
    "table, key, expected",
    [
        pytest.param(
            "silver.orders",
            {"order_id": "1"},
            [
                ("bronze.shop__orders", "row", "orders/1.csv#2"),
                ("bronze.shop__orders", "row", "orders/2.csv#2"),
                ("bronze.shop__orders", "note", NO_KEY),
                ("silver.lines", "row", 1),
                ("silver.lines", "row", 1),
                ("silver.orders", "row", 1),
                ("gold.sales", "row", 1),
                ("gold.sales", "row", 1),
                ("gold.totals", "row", 7),
            ],
            id="a row of silver",
        ),
        pytest.param(
            "silver.orders",
            {"order_id": "4"},
            [
                ("bronze.shop__orders", "row", "orders/2.csv#3"),
                ("bronze.shop__orders", "note", NO_KEY),
                ("silver.orders", "quarantined", "orders/2.csv#3"),
                ("silver.orders", "note", NO_ROW),
                ("gold.sales", "note", NO_ROW),
            ],
            id="a refused row",
        ),
        pytest.param(
            "bronze.shop__lines",
            {"order_id": "9"},
            [
                ("bronze.shop__lines", "row", "lines/1.csv#4"),
                ("silver.lines", "quarantined", "lines/1.csv#4"),
                ("silver.lines", "note", NO_ROW),
            ],
            id="from bronze",
        ),
        pytest.param(
            "gold.sales",
            {"order_id": "1", "line_number": "2"},
            [
                ("bronze.shop__lines", "row", "lines/1.csv#3"),
                ("bronze.shop__orders", "row", "orders/1.csv#2"),
                ("bronze.shop__orders", "row", "orders/2.csv#2"),
                ("bronze.shop__orders", "note", NO_KEY),
                ("silver.lines", "row", 1),
                ("silver.orders", "row", 1),
                ("silver.stock", "note", "cannot be followed from gold.sales: neither has the other's key"),
                ("gold.sales", "row", 1),
            ],
            id="from gold",
        ),
        pytest.param(
            "silver.customers",
            {"customer_id": "7"},
            [
                ("bronze.shop__customers", "row", "customers/1.csv#2"),
                ("silver.customers", "row", 7),
                ("silver.orders", "row", 1),
                ("silver.orders", "row", 2),
                ("gold.sales", "row", 1),
                ("gold.sales", "row", 1),
                ("gold.totals", "row", 7),
            ],
            id="a key that others have",
        ),
        pytest.param(
            "silver.lines",
            {"order_id": "9"},
            [
                ("bronze.shop__lines", "row", "lines/1.csv#4"),
                ("silver.lines", "quarantined", "lines/1.csv#4"),
                ("silver.lines", "note", NO_ROW),
            ],
            id="a part of a key",
        ),
        pytest.param(
            "silver.customers",
            {"customer_id": "8"},
            [
                ("bronze.shop__customers", "note", NO_ROW),
                ("silver.customers", "note", NO_ROW),
                ("gold.totals", "note", NO_ROW),
            ],
            id="nowhere",
        ),
        pytest.param(
            "silver.stock",
            {"product": "pen"},
            [
                ("bronze.shop__stock", "note", "is not there yet"),
                ("silver.lines", "row", 1),
                ("silver.stock", "note", "is not there yet"),
            ],
            id="not there yet, but its key is",
        ),
    ],
)
def test_row_is_followed(lake, catalog, table, key, expected):
    found = trace(lake, catalog, catalog.table(table), key)

    assert sorted(expected, key=str) == sorted(map(short, found), key=str)
    layers = [finding.table.partition(".")[0] for finding in found]
    assert sorted(layers, key=["bronze", "silver", "gold"].index) == layers


def test_landed_row_says_batch_run_time_and_place(lake, catalog):
    found = trace(lake, catalog, catalog.table("silver.orders"), {"order_id": "1"})[1]

    assert ("shop shop__orders", "orders/2.csv#2", 2, RED, START, "by order_id") == (
        found.source,
        found.source_position,
        found.batch,
        found.run_id,
        found.at,
        found.via,
    )
    assert {
        "order_id": "1",
        "customer_id": "7",
        "amount_eur": "11",
        "state": "sent",
        "changed_at": "2025-02-01T00:00:00Z",
        "_rescued": None,
    } == found.row


def test_refused_row_says_rules_and_what_it_was(lake, catalog):
    found = trace(lake, catalog, catalog.table("silver.lines"), {"order_id": "9", "line_number": "1"})
    [refused] = [finding for finding in found if finding.what is What.QUARANTINED]

    assert (["order_id_exists"], FIRST, 1, START + timedelta(minutes=1)) == (
        refused.rules,
        refused.run_id,
        refused.batch,
        refused.at,
    )
    assert {"order_id": "9", "weight": Decimal("0.10")} == refused.row


def test_refused_text_is_kept_as_it_is(tmp_path, catalog):
    made = HandMadeLake(tmp_path, catalog)
    made.put("silver.stock", "r1", 1, ["pen", 1])
    made.refuse("silver.stock", "r1", 1, [["r"], "f#1", '{"product":"ink"}', "ink;many"])

    found = trace(open_lake(made.root), catalog, catalog.table("silver.stock"), {"product": "ink"})

    assert [{"text": "ink;many"}] == [f.row for f in found if f.what is What.QUARANTINED]


def test_very_many_rows_are_cut_and_that_is_told(lake, catalog, monkeypatch):
    monkeypatch.setattr(traced_tables, "MOST", 1)

    found = trace(lake, catalog, catalog.table("silver.orders"), {"order_id": "1"})

    assert [("silver.lines", What.ROW), ("silver.lines", What.NOTE)] == [
        (f.table, f.what) for f in found if f.table == "silver.lines"
    ]
    assert "has more such rows; the first 1 are shown and followed" in [f.note for f in found]


def test_table_older_than_its_contract_is_told(tmp_path, catalog):
    made = HandMadeLake(tmp_path, catalog)
    made.put("silver.stock", "r1", 1, ["pen", 1])
    (tmp_path / "silver" / "stock").rename(tmp_path / "silver" / "customers")

    found = trace(open_lake(made.root), catalog, catalog.table("silver.customers"), {"customer_id": "7"})

    assert "lacks customer_id of its contract" in [f.note for f in found]


def test_value_of_another_type_is_refused(lake, catalog):
    with pytest.raises(WrongRequestError, match="given: order_id=one; expected: bigint"):
        trace(lake, catalog, catalog.table("silver.orders"), {"order_id": "one"})
