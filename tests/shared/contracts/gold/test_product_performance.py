"""What products sold in a month."""

from datetime import date
from decimal import Decimal

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow

MAY, JUNE = date(2011, 5, 1), date(2011, 6, 1)


def sale(product_id, day, usd, quantity=1, order_id=1, *, is_revenue=True, back=0):
    return {
        "order_id": order_id,
        "product_id": product_id,
        "order_date": day,
        "quantity": quantity,
        "amount_usd": Decimal(usd),
        "amount_eur": Decimal(usd) / 2,
        "is_revenue": is_revenue,
        "returned_quantity": back,
        "returned_usd": Decimal(usd) * back / quantity,
    }


def test_products_are_ranked_in_their_category_and_month(spark):
    costs = {1: "2", 2: "1", 3: "1", 4: "1", 5: "1500"}
    categories = {1: "Bikes", 2: "Bikes", 3: "Bikes", 4: "Clothing", 5: "Warranties"}
    rows = built(
        spark,
        "gold.product_performance",
        gold__product_dim=[
            {
                "product_id": number,
                "product_name": f"Thing {number}",
                "category_name": categories[number],
                "standard_cost_usd": Decimal(cost),
            }
            for number, cost in costs.items()
        ],
        gold__sales_fact=[
            sale(1, date(2011, 5, 30), "6", 2),
            sale(1, date(2011, 5, 31), "3", 1, order_id=2),
            sale(2, MAY, "9", 3, order_id=3),
            sale(3, MAY, "1", 1, order_id=3),
            sale(4, MAY, "5", 1, order_id=3),
            sale(4, MAY, "500", 1, order_id=4, is_revenue=False),
            sale(1, JUNE, "1", 1, order_id=5),
            sale(99, JUNE, "1", 1, order_id=5),
            sale(5, JUNE, "0.01", 1, order_id=6),
        ],
    )

    names = ("orders", "units", "revenue_usd", "revenue_eur", "cost_usd", "margin_usd", "margin_pct")
    figures = {
        (r["order_month"], r["product_id"]): tuple(str(r[n]) for n in (*names, "rank_in_category")) for r in rows
    }
    nobody_knows = ("None", "None", "None")
    assert {
        (MAY, 1): ("2", "3", "9.0000", "4.5000", "6.0000", "3.0000", "33.33", "1"),
        (MAY, 2): ("1", "3", "9.0000", "4.5000", "3.0000", "6.0000", "66.67", "1"),
        (MAY, 3): ("1", "1", "1.0000", "0.5000", "1.0000", "0.0000", "0.00", "3"),
        (MAY, 4): ("1", "1", "5.0000", "2.5000", "1.0000", "4.0000", "80.00", "1"),
        (JUNE, 1): ("1", "1", "1.0000", "0.5000", "2.0000", "-1.0000", "-100.00", "1"),
        (JUNE, 5): ("1", "1", "0.0100", "0.0050", "1500.0000", "-1499.9900", "-14999900.00", "1"),
        (JUNE, 99): ("1", "1", "1.0000", "0.5000", *nobody_knows, "1"),
    } == figures


def test_returns_are_alongside_what_was_sold(spark):
    rows = built(
        spark,
        "gold.product_performance",
        gold__product_dim=[],
        gold__sales_fact=[
            sale(1, MAY, "6", 2, back=1),
            sale(1, MAY, "4", 4, order_id=2),
            sale(1, MAY, "5", 1, order_id=3, is_revenue=False, back=1),
            sale(2, MAY, "9", 3, order_id=4),
            sale(3, MAY, "1", 1, order_id=4, back=40_170_725),
        ],
    )

    names = ("units", "revenue_usd", "returned_units", "returned_usd", "return_rate_pct")
    assert {
        1: ("6", "10.0000", "1", "3.0000", "16.67"),
        2: ("3", "9.0000", "0", "0.0000", "0.00"),
        # A mistyped return is reported, and fails no table.
        3: ("1", "1.0000", "40170725", "40170725.0000", "4017072500.00"),
    } == {r["product_id"]: tuple(str(r[n]) for n in names) for r in rows}
