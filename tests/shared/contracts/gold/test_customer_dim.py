"""Each customer with what was bought so far."""

from datetime import date
from decimal import Decimal

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow

ZERO = Decimal("0.0000")


def customer(number, store=None):
    kind = "store" if store else "person"
    return {"customer_id": number, "customer_kind": kind, "territory_id": 4, "store_id": store}


def sale(customer_id, order_id, day, usd, *, is_revenue=True):
    amount = Decimal(usd)
    return {
        "customer_id": customer_id,
        "order_id": order_id,
        "is_revenue": is_revenue,
        "order_date": date(2011, 6, day),
        "amount_usd": amount,
        "amount_eur": amount / 2,
    }


def test_a_customer_with_and_without_orders(spark):
    rows = built(
        spark,
        "gold.customer_dim",
        silver__customers=[customer(1), customer(2, 292), customer(3, 999)],
        silver__stores=[{"store_id": 292, "store_name": "Next-Door Bike Store"}],
        gold__sales_fact=[
            sale(2, 10, 5, "3"),
            sale(2, 10, 5, "1"),
            sale(2, 11, 9, "2"),
            sale(2, 13, 10, "5", is_revenue=False),
            sale(8, 12, 9, "7"),
        ],
    )

    nothing = {"first_order_date": None, "last_order_date": None, "orders": 0}
    no_revenue = {"lifetime_revenue_usd": ZERO, "lifetime_revenue_eur": ZERO}
    assert [
        {"customer_id": 1, "customer_kind": "person", "territory_id": 4, "store_name": None, **nothing, **no_revenue},
        {
            "customer_id": 2,
            "customer_kind": "store",
            "territory_id": 4,
            "store_name": "Next-Door Bike Store",
            "first_order_date": date(2011, 6, 5),
            "last_order_date": date(2011, 6, 9),
            "orders": 2,
            "lifetime_revenue_usd": Decimal("6.0000"),
            "lifetime_revenue_eur": Decimal("3.0000"),
        },
        {"customer_id": 3, "customer_kind": "store", "territory_id": 4, "store_name": None, **nothing, **no_revenue},
    ] == rows
