"""Revenue by day."""

from datetime import date
from decimal import Decimal

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow


def sale(day, order_id, quantity, usd, eur, *, is_revenue=True):
    return {
        "order_date": date(2011, 6, day),
        "order_id": order_id,
        "is_revenue": is_revenue,
        "quantity": quantity,
        "amount_usd": Decimal(usd),
        "amount_eur": eur and Decimal(eur),
    }


def test_a_day_counts_orders_once_and_lines_each_and_cancelled_ones_apart(spark):
    sales = [
        sale(1, 1, 2, "1.5", "1.0001"),
        sale(1, 1, 1, "2.5", "2"),
        sale(1, 2, 1, "1", "1"),
        sale(2, 3, 5, "4", "3"),
        sale(2, 4, 9, "8", "6", is_revenue=False),
        sale(3, 5, 9, "8", "6", is_revenue=False),
        sale(3, 5, 9, "8", "6", is_revenue=False),
    ]

    assert [
        {
            "order_date": date(2011, 6, 1),
            "orders": 2,
            "cancelled_orders": 0,
            "lines": 3,
            "units": 4,
            "revenue_usd": Decimal("5.0000"),
            "revenue_eur": Decimal("4.0001"),
        },
        {
            "order_date": date(2011, 6, 2),
            "orders": 1,
            "cancelled_orders": 1,
            "lines": 1,
            "units": 5,
            "revenue_usd": Decimal("4.0000"),
            "revenue_eur": Decimal("3.0000"),
        },
        {
            "order_date": date(2011, 6, 3),
            "orders": 0,
            "cancelled_orders": 1,
            "lines": 0,
            "units": 0,
            "revenue_usd": Decimal("0.0000"),
            "revenue_eur": Decimal("0.0000"),
        },
    ] == built(spark, "gold.daily_revenue", gold__sales_fact=sales)
