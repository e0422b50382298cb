"""Everything known about a customer in one row."""

from datetime import date
from decimal import Decimal

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow


def customer(number, orders, eur):
    facts = {"customer_kind": "person", "territory_id": 4, "store_name": None}
    days = {"first_order_date": date(2011, 6, 1), "last_order_date": date(2011, 6, 9)} if orders else {}
    return {"customer_id": number, "orders": orders, "lifetime_revenue_eur": Decimal(eur), **facts, **days}


def line(customer_id, product_id, quantity, *, is_revenue=True):
    facts = {"customer_id": customer_id, "product_id": product_id, "quantity": quantity}
    return facts | {"is_revenue": is_revenue}


def test_a_customer_with_and_without_orders(spark):
    segment = {"customer_id": 1, "segment": "loyal", "previous_segment": None, "month_end_date": date(2011, 5, 31)}
    newer = segment | {"segment": "at_risk", "previous_segment": "loyal", "month_end_date": date(2011, 6, 30)}
    statuses = ["in_process", "approved", "backordered", "rejected", "shipped", "cancelled"]
    rows = built(
        spark,
        "gold.customer_360",
        gold__customer_dim=[customer(1, 3, "10"), customer(2, 0, "0")],
        gold__customer_segments=[segment, newer],
        gold__sales_fact=[line(1, 8, 1), line(1, 8, 1), line(1, 7, 2), line(1, 9, 50, is_revenue=False)],
        gold__product_dim=[{"product_id": 7, "product_name": "Seven"}, {"product_id": 8, "product_name": "Eight"}],
        silver__orders=[{"order_id": n, "customer_id": 1, "status": s} for n, s in enumerate(statuses)],
    )

    who = {"customer_kind": "person", "territory_id": 4, "store_name": None}
    names = ("average_order_eur", "segment", "previous_segment", "segment_date", "favourite_product_id")
    assert [
        {
            "customer_id": 1,
            **who,
            "first_order_date": date(2011, 6, 1),
            "last_order_date": date(2011, 6, 9),
            "orders": 3,
            "open_orders": 3,
            "lifetime_revenue_eur": Decimal("10.0000"),
            "average_order_eur": Decimal("3.3333"),
            "segment": "at_risk",
            "previous_segment": "loyal",
            "segment_date": date(2011, 6, 30),
            "favourite_product_id": 7,
            "favourite_product_name": "Seven",
        },
        {
            "customer_id": 2,
            **who,
            "first_order_date": None,
            "last_order_date": None,
            "orders": 0,
            "open_orders": 0,
            "lifetime_revenue_eur": Decimal("0.0000"),
            **dict.fromkeys((*names, "favourite_product_name")),
        },
    ] == rows
