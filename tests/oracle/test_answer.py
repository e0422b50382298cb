"""The oracle is held against figures worked out by hand, and against what the deliveries say of their own oddities."""

import bisect
import csv
import io
import itertools
import zipfile
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pyarrow.compute as pc
import pytest

from scripts.sources.delivered_files import RATES, RATES_MEMBER
from scripts.sources.deliveries import (
    CUSTOMERS,
    EVENTS,
    LINES,
    MALFORMED,
    MERGED,
    ODDITIES,
    ORDER_CHANGES,
    ORDER_EVENTS,
    ORDERS,
    QUARANTINED,
    SUPERSEDED,
    How,
    oddities,
)
from shared.contracts import Kind, load_catalog
from tests.oracle.answer import expected, expected_malformed, expected_quarantine
from tests.oracle.delivered import day
from tests.oracle.silver import Refused

pytestmark = pytest.mark.examples

TABLES = {ORDERS: "silver.orders", LINES: "silver.order_lines", CUSTOMERS: "silver.customers"}
TEN_THOUSANDTH = Decimal("0.0001")


def column(table, name, delivery=2):
    return expected(delivery)[table][name].to_pylist()


def test_every_table_above_bronze_is_expected():
    assert {str(t.name) for t in load_catalog().tables.values() if t.kind is not Kind.INGESTED} == set(expected(2))


@pytest.mark.parametrize(
    "delivery, rows",
    [
        pytest.param(
            1,
            {"silver.orders": 1327, "silver.order_lines": 5099, "silver.customers": 19820, "silver.fx_rates": 221064},
            id="the first",
        ),
        pytest.param(
            2,
            {"silver.orders": 1566, "silver.order_lines": 5675, "silver.customers": 19819, "silver.fx_rates": 221702},
            id="the second",
        ),
    ],
)
def test_rows_after_each_delivery(delivery, rows):
    assert rows == {name: expected(delivery)[name].num_rows for name in rows}


def test_every_line_of_the_source_is_sold_or_refused():
    delivered = len(day(2).rows["snowflake__order_lines"])
    orphans = [r for r in expected_quarantine(2)["silver.order_lines"] if r.rules == {"order_id_exists"}]

    assert (5716 + 1, 41) == (delivered, len(orphans))
    assert delivered == expected(2)["gold.sales_fact"].num_rows + len(expected_quarantine(2)["silver.order_lines"])


def test_nothing_is_refused_on_the_first_delivery():
    assert ({}, {}) == (expected_quarantine(1), expected_malformed(1))


def test_sums_are_those_of_the_sample():
    """The second delivery cancels order 43659, of 20,565.6206 USD and 12 lines: it is kept, and is no revenue."""
    sales, days, customers = (expected(2)[f"gold.{t}"] for t in ("sales_fact", "daily_revenue", "customer_dim"))
    sold = sales.filter(sales["is_revenue"])

    assert (5675, Decimal("12527981.9928"), Decimal("8967316.0860")) == (
        sales.num_rows,
        pc.sum(sales["amount_usd"]).as_py(),
        pc.sum(sales["amount_eur"]).as_py(),
    )
    usd, eur = Decimal("12527981.9928") - Decimal("20565.6206"), pc.sum(sold["amount_eur"]).as_py()
    assert [usd] * 3 == [
        pc.sum(sold["amount_usd"]).as_py(),
        pc.sum(days["revenue_usd"]).as_py(),
        pc.sum(customers["lifetime_revenue_usd"]).as_py(),
    ]
    assert [eur] * 2 == [pc.sum(days["revenue_eur"]).as_py(), pc.sum(customers["lifetime_revenue_eur"]).as_py()]
    assert (5663, 5663, 12821, 12821, 1565, 1565, 1) == (
        sold.num_rows,
        pc.sum(days["lines"]).as_py(),
        pc.sum(sold["quantity"]).as_py(),
        pc.sum(days["units"]).as_py(),
        pc.sum(days["orders"]).as_py(),
        pc.sum(customers["orders"]).as_py(),
        pc.sum(days["cancelled_orders"]).as_py(),
    )


def test_amounts_are_those_of_decimal_arithmetic():
    """A third way to the same figures: Python's decimals, and the last published day found by bisection."""
    with zipfile.ZipFile(RATES) as archive:
        published = csv.DictReader(io.TextIOWrapper(archive.open(RATES_MEMBER), encoding="utf-8"))
        usd = {date.fromisoformat(row["Date"]): Decimal(row["USD"]) for row in published}
    days = sorted(usd)
    lines = expected(2)["gold.sales_fact"].to_pylist()

    def amounts(line):
        in_usd = line["quantity"] * line["unit_price_usd"] * (1 - line["discount"])
        in_usd = in_usd.quantize(TEN_THOUSANDTH, ROUND_HALF_UP)
        rate = usd[days[bisect.bisect_right(days, line["order_date"]) - 1]]
        return in_usd, (in_usd / rate).quantize(TEN_THOUSANDTH, ROUND_HALF_UP)

    assert [amounts(line) for line in lines] == [(line["amount_usd"], line["amount_eur"]) for line in lines]


def test_weekends_lose_no_line():
    weekdays = Counter(d.weekday() for d in column("gold.sales_fact", "order_date"))

    assert {0, 1, 2, 3, 4, 5, 6} == set(weekdays)
    assert 0 == expected(2)["gold.sales_fact"]["amount_eur"].null_count


def test_periods_follow_each_other_without_gap_or_overlap():
    periods = expected(2)["silver.fx_rate_periods"].to_pylist()
    newest = date(9999, 12, 31)

    following = [
        (a["valid_to"], b["valid_from"] if a["currency_code"] == b["currency_code"] else newest)
        for a, b in itertools.pairwise(periods)
    ]
    assert [b for _, b in following] == [a for a, _ in following]
    assert newest == periods[-1]["valid_to"]


# The changes Debezium tells end in bronze.
@pytest.mark.parametrize(
    "oddity",
    [pytest.param(o, id=f"{o.source} {o.what} {o.row}") for o in ODDITIES if o.source not in (EVENTS, ORDER_CHANGES)],
)
def test_every_oddity_meets_its_fate(oddity):
    table = TABLES.get(oddity.source, f"silver.{oddity.source}")
    key = load_catalog().table(table).primary_key[-1]
    row = (
        oddity.cells.get("event_id")
        or oddity.cells.get("return_id")
        or oddity.cells.get("salesorderid")
        or oddity.cells.get("salesorderdetailid")
        or oddity.cells.get("Id")
    )
    row = row or oddity.row
    found = {str(k) for k in column(table, key)}

    if oddity.fate == QUARANTINED:
        assert row in {r.key[-1] for r in expected_quarantine(2)[table]}
        assert row not in found
    elif oddity.fate == MALFORMED and oddity.source == ORDER_EVENTS:
        assert (oddity.what, oddity.bytes) in {
            (b.what, b.cells[1]) for b in expected_malformed(2)["bronze.kafka__order_events"]
        }
    elif oddity.fate == MALFORMED:
        cells = [bad.cells[0] for bad in expected_malformed(2)[f"bronze.crm__{oddity.source}"]]
        assert (1, False) == (cells.count(row), row in found)
    elif oddity.fate == MERGED:
        assert row in found
    elif oddity.fate == "deleted":
        assert (True, False) == (row in {str(k) for k in column(table, key, 1)}, row in found)
    else:
        assert 1 == [str(k) for k in column(table, key)].count(row)


def test_every_odd_click_meets_its_fate():
    clicks = Counter(
        f"{e['visitor_id']} {e['event_at']:%Y-%m-%d %H:%M:%S} {e['event_name']}"
        for e in expected(2)["silver.behaviour_events"].to_pylist()
    )
    refused = {r.key: r.rules for r in expected_quarantine(2)["silver.behaviour_events"]}

    assert {1} == {clicks[o.row] for o in oddities(EVENTS, *How) if o.fate in (MERGED, SUPERSEDED)}
    assert {
        (None, "2024-06-03 10:02:48", "home"): frozenset({"visitor_id_required"}),
        ("user_9999", "2024-06-03 10:02:56", "search"): frozenset({"platform_known"}),
    } == refused
    assert (23251, 31076) == tuple(expected(d)["silver.behaviour_events"].num_rows for d in (1, 2))


def test_refused_rows_say_which_rules_they_failed():
    refused = expected_quarantine(2)

    assert {
        Refused(("99001",), frozenset({"total_not_negative"})),
        Refused(("99002",), frozenset({"customer_id_required"})),
        Refused(("99003",), frozenset({"status_known"})),
    } == refused["silver.orders"]
    assert {frozenset({"amount_type"})} == {r.rules for r in refused["silver.opportunities"]}
    assert ["short", "long", "bytes"] == [bad.what for bad in expected_malformed(2)["bronze.crm__contacts"]]


def test_a_change_reaches_every_table_after_it():
    def order(number, delivery):
        return next(r for r in expected(delivery)["silver.orders"].to_pylist() if r["order_id"] == number)

    assert ("shipped", "cancelled") == (order(43659, 1)["status"], order(43659, 2)["status"])
    assert (Decimal("36865.8012"), Decimal("35880.2482")) == (
        order(43661, 1)["total_usd"],
        order(43661, 2)["total_usd"],
    )
    assert 44974 not in column("silver.orders", "order_id", 1)
    assert 44974 in column("gold.sales_fact", "order_id")
    assert {1: {1}, 2: {1, 2}} == {d: set(column("silver.fx_rates", "landed_sequence", d)) for d in (1, 2)}
