"""Order lines in dollars and in euros of the order day."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow

FRIDAY, SUNDAY, MONDAY, TUESDAY = (date(2011, 6, d) for d in (3, 5, 6, 7))


def at(day, hour=0):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def order(number, day, hour=0, currency="USD", status="shipped"):
    facts = {"order_id": number, "customer_id": 7, "currency_code": currency, "status": status}
    return facts | {"ordered_at": at(day, hour)}


def line(order_id, line_id, quantity=1, price="10", discount="0"):
    return {
        "order_id": order_id,
        "line_id": line_id,
        "product_id": 3,
        "quantity": quantity,
        "unit_price_usd": Decimal(price),
        "discount": Decimal(discount),
    }


def period(day, until, rate, currency="USD"):
    return {"currency_code": currency, "valid_from": day, "valid_to": until, "rate": Decimal(rate)}


PERIODS = [
    period(FRIDAY, MONDAY, "1.25"),
    period(MONDAY, date(9999, 12, 31), "2"),
    period(FRIDAY, date(9999, 12, 31), "100", "JPY"),
]


def sold(spark, orders, lines, periods=PERIODS, returns=()):
    return built(
        spark,
        "gold.sales_fact",
        silver__orders=orders,
        silver__order_lines=lines,
        silver__fx_rate_periods=periods,
        silver__order_returns=returns,
    )


def amounts(spark, orders, lines, periods=PERIODS):
    rows = sold(spark, orders, lines, periods)
    return [(r["order_id"], r["line_id"], r["order_date"], r["amount_usd"], r["amount_eur"]) for r in rows]


def test_a_line_takes_the_last_rate_on_or_before_its_day(spark):
    orders = [order(i, day, 23) for i, day in enumerate((FRIDAY, SUNDAY, MONDAY, TUESDAY))]
    ten = Decimal("10.0000")

    assert [
        (0, 10, FRIDAY, ten, Decimal("8.0000")),
        (1, 11, SUNDAY, ten, Decimal("8.0000")),
        (2, 12, MONDAY, ten, Decimal("5.0000")),
        (3, 13, TUESDAY, ten, Decimal("5.0000")),
    ] == amounts(spark, orders, [line(i, 10 + i) for i in range(4)])


def test_a_line_before_any_rate_is_kept_without_euros(spark):
    early = date(1998, 1, 1)

    assert [(1, 1, early, Decimal("10.0000"), None)] == amounts(spark, [order(1, early)], [line(1, 1)])


# Quantity, price and discount; then the amounts.
ROUNDED = {
    "pieces": ((3, "2024.9940", "0"), "6074.9820", "4859.9856"),
    "a discount": ((1, "2024.9940", "0.02"), "1984.4941", "1587.5953"),
    "half a unit is rounded up": ((1, "0.0001", "0.5"), "0.0001", "0.0001"),
    "less than half is rounded down": ((1, "0.0001", "0.5001"), "0.0000", "0.0000"),
    "the greatest quantity": ((2147483647, "4.7500", "0"), "10200547323.2500", "8160437858.6000"),
    "much": ((1, "99999999999999.9999", "0.0001"), "99989999999999.9999", "79991999999999.9999"),
}


def test_amounts_are_rounded_once(spark):
    lines = [line(1, i, *facts) for i, (facts, _, _) in enumerate(ROUNDED.values())]

    rows = amounts(spark, [order(1, FRIDAY)], lines)

    assert {case: (Decimal(usd), Decimal(eur)) for case, (_, usd, eur) in ROUNDED.items()} == {
        case: (usd, eur) for case, (_, _, _, usd, eur) in zip(ROUNDED, rows, strict=True)
    }


def test_a_quotient_is_not_rounded_on_its_way(spark):
    """0.0001 / 2.01005 is 0.00004975; rounded to six digits first, it would come out as 0.0001."""
    rate = [period(FRIDAY, MONDAY, "2.01005")]

    assert [(1, 1, FRIDAY, Decimal("0.0001"), Decimal("0.0000"))] == amounts(
        spark, [order(1, FRIDAY)], [line(1, 1, 1, "0.0001")], rate
    )


def test_a_line_passes_its_facts_on(spark):
    expected = {
        "order_id": 1,
        "line_id": 2,
        "customer_id": 7,
        "product_id": 3,
        "order_date": FRIDAY,
        "order_status": "shipped",
        "is_revenue": True,
        "quantity": 4,
        "currency_code": "USD",
        "unit_price_usd": Decimal("5.0000"),
        "discount": Decimal("0.1000"),
        "amount_usd": Decimal("18.0000"),
        "amount_eur": Decimal("14.4000"),
        "returned_quantity": 0,
        "returned_usd": Decimal("0.0000"),
        "returned_eur": Decimal("0.0000"),
    }

    assert [expected] == sold(spark, [order(1, FRIDAY), order(2, FRIDAY)], [line(1, 2, 4, "5", "0.1")])


def test_lines_of_cancelled_and_rejected_orders_are_kept_and_are_no_revenue(spark):
    statuses = ["in_process", "approved", "backordered", "rejected", "shipped", "cancelled"]
    orders = [order(i, FRIDAY, status=status) for i, status in enumerate(statuses)]

    rows = sold(spark, orders, [line(i, i) for i in range(len(statuses))])

    counts = {"in_process": True, "approved": True, "backordered": True, "shipped": True}
    assert counts | {"rejected": False, "cancelled": False} == {r["order_status"]: r["is_revenue"] for r in rows}


def back(order_id, line_id, quantity):
    return {"order_id": order_id, "line_id": line_id, "quantity": quantity}


def test_all_returns_of_a_line_count_and_a_whole_line_takes_all_of_its_amount_away(spark):
    lines = [line(1, 1, 3, "2024.9940", "0.02"), line(1, 2, 3, "1"), line(2, 1, 3, "1"), line(2, 3, 1, "0.0001", "0.5")]
    lines += [line(1, 4, 2, "0.0002", "0.6251"), line(1, 5, 1, "4.7500")]
    returns = [back(1, 1, 2), back(1, 1, 1), back(1, 2, 1), back(2, 3, 1), back(2, 99, 1), back(99, 1, 1)]
    returns += [back(1, 4, 2), back(1, 5, 2147483647), back(1, 5, 2147483647)]

    rows = sold(spark, [order(1, FRIDAY), order(2, MONDAY)], lines, returns=returns)

    returned = ("returned_quantity", "returned_usd", "returned_eur")
    assert {
        (1, 1): (3, Decimal("5953.4824"), Decimal("4762.7859")),
        (1, 2): (1, Decimal("1.0000"), Decimal("0.8000")),
        # 0.00014996 is not 0.000150 on its way, and more than an INT holds is not lost.
        (1, 4): (2, Decimal("0.0001"), Decimal("0.0001")),
        (1, 5): (4294967294, Decimal("20401094646.5000"), Decimal("16320875717.2000")),
        (2, 1): (0, Decimal("0.0000"), Decimal("0.0000")),
        (2, 3): (1, Decimal("0.0001"), Decimal("0.0001")),
    } == {(r["order_id"], r["line_id"]): tuple(r[name] for name in returned) for r in rows}
    whole = [r for r in rows if r["returned_quantity"] == r["quantity"]]
    kept = [(r["amount_usd"] - r["returned_usd"], r["amount_eur"] - r["returned_eur"]) for r in whole]
    assert [(0, 0)] * 3 == kept
