"""Recency, frequency and money at the end of each month, compared with figures computed by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow

ENDS = [date(2011, 5, 31), date(2011, 6, 30), date(2011, 7, 31), date(2012, 1, 31), date(2012, 6, 30)]


def sale(customer_id, order_id, day, eur, *, is_revenue=True):
    return {
        "customer_id": customer_id,
        "order_id": order_id,
        "order_date": day,
        "amount_eur": Decimal(eur),
        "is_revenue": is_revenue,
    }


def segments(spark, sales):
    days = [{"calendar_date": d, "is_month_end": d in ENDS} for d in (*ENDS, date(2011, 6, 15))]
    return built(spark, "gold.customer_segments", gold__sales_fact=sales, gold__date_dim=days)


def test_a_customer_moves_through_the_segments(spark):
    """Customer 1 orders five times in May and once in June; 2 once, and once more that is cancelled."""
    sales = [sale(1, n, date(2011, 5, 20 + n), "1000") for n in range(5)]
    sales += [sale(1, 5, date(2011, 6, 30), "4000"), sale(1, 5, date(2011, 6, 30), "1000.5")]
    sales += [sale(2, 9, date(2011, 7, 31), "99.9999"), sale(2, 10, date(2012, 6, 30), "7", is_revenue=False)]

    rows = segments(spark, sales)

    assert [
        (1, ENDS[0], 7, 5, "5000.0000", 5, 4, 4, "champion", None, "entered"),
        (1, ENDS[1], 0, 6, "10000.5000", 5, 4, 5, "champion", "champion", "same"),
        (1, ENDS[2], 31, 6, "10000.5000", 4, 4, 5, "champion", "champion", "same"),
        (1, ENDS[3], 215, 6, "10000.5000", 2, 4, 5, "at_risk", "champion", "down"),
        (1, ENDS[4], 366, 0, "0.0000", 1, 1, 1, "lost", "at_risk", "down"),
        (2, ENDS[2], 0, 1, "99.9999", 5, 1, 1, "promising", None, "entered"),
        (2, ENDS[3], 184, 1, "99.9999", 2, 1, 1, "at_risk", "promising", "down"),
        (2, ENDS[4], 335, 1, "99.9999", 2, 1, 1, "at_risk", "at_risk", "same"),
    ] == [tuple(str(v) if isinstance(v, Decimal) else v for v in r.values()) for r in rows]


def test_scores_change_at_their_cutoffs(spark):
    """One customer per number of days before the last month end, with as many orders as its number says."""
    days = {30: 1, 31: 2, 90: 3, 91: 4, 180: 5, 181: 9, 364: 10, 365: 10}
    last = ENDS[-1]
    sales = [
        sale(back, 1000 * back + n, last - timedelta(days=back), "100")
        for back, made in days.items()
        for n in range(made)
    ]

    rows = {r["customer_id"]: r for r in segments(spark, sales) if r["month_end_date"] == last}

    assert {
        30: (5, 1, 2, "promising"),
        31: (4, 2, 2, "promising"),
        90: (4, 3, 2, "loyal"),
        91: (3, 3, 2, "loyal"),
        180: (3, 4, 2, "loyal"),
        181: (2, 4, 2, "at_risk"),
        364: (2, 5, 3, "at_risk"),
        365: (2, 1, 1, "at_risk"),  # a year ago is no longer among the last 365 days
    } == {
        back: (r["recency_score"], r["frequency_score"], r["monetary_score"], r["segment"]) for back, r in rows.items()
    }
