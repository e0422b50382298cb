"""The calendar of the shop."""

from datetime import UTC, date, datetime

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow


def test_the_calendar_has_whole_months_from_the_first_order_to_the_last(spark):
    days = [datetime(2011, 12, 30, 23, tzinfo=UTC), datetime(2012, 2, 1, tzinfo=UTC)]
    rates = [{"rate_date": date(2012, 1, 2), "currency_code": code} for code in ("USD", "JPY")]

    rows = built(spark, "gold.date_dim", silver__orders=[{"ordered_at": d} for d in days], silver__fx_rates=rates)

    assert [date(2011, 12, 1), date(2012, 2, 29), 91] == [
        rows[0]["calendar_date"],
        rows[-1]["calendar_date"],
        len(rows),
    ]
    assert [date(2012, 1, 2)] == [r["calendar_date"] for r in rows if r["is_ecb_rate_day"]]
    assert [date(2011, 12, 31), date(2012, 1, 31), date(2012, 2, 29)] == [
        r["calendar_date"] for r in rows if r["is_month_end"]
    ]
    assert {
        "calendar_date": date(2012, 1, 1),  # a Sunday, of the last week of the year before
        "year": 2012,
        "quarter": 1,
        "month": 1,
        "month_start_date": date(2012, 1, 1),
        "iso_year": 2011,
        "iso_week": 52,
        "iso_weekday": 7,
        "is_weekend": True,
        "is_month_end": False,
        "is_ecb_rate_day": False,
    } == rows[31]
