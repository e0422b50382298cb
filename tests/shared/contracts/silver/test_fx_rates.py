"""The ECB's wide rows become one row per currency with a rate, and those become periods."""

from datetime import date
from decimal import Decimal

import pytest

from shared.contracts import load_catalog
from tests.support.contract_rows import built, refined

pytestmark = [pytest.mark.examples, pytest.mark.slow]


def currencies():
    return [c for c in load_catalog().table("bronze.ecb__fx_rates").column_names if c != "date"]


def published(day="2011-06-03", **rates):
    return dict.fromkeys(currencies(), "N/A") | rates | {"date": day, "_sequence": 3, "_source_position": "f#2"}


def test_a_wide_row_becomes_a_row_per_currency_with_a_rate(spark):
    rows = refined(spark, "silver.fx_rates", [published(usd="1.4488", **{"try": "2.2796"})])

    facts = {"rate_date": date(2011, 6, 3), "landed_sequence": 3, "failed": set(), "warned": set()}
    assert [
        {"currency_code": "USD", "rate": Decimal("1.448800"), **facts},
        {"currency_code": "TRY", "rate": Decimal("2.279600"), **facts},
    ] == rows


def test_all_currencies_are_known(spark):
    rows = refined(spark, "silver.fx_rates", [published(**dict.fromkeys(currencies(), "1"))])

    assert [c.upper() for c in currencies()] == [r["currency_code"] for r in rows]


def test_a_text_that_is_no_rate_is_refused(spark):
    failed = {
        None: {"rate_required"},
        "1,45": {"rate_type"},
        "-": {"rate_type"},
        "0": {"rate_positive"},
        "12345678.5": {"rate_type"},
    }

    rows = refined(spark, "silver.fx_rates", [published(usd=rate) for rate in failed])

    assert list(failed.values()) == [r["failed"] for r in rows]


def test_a_text_that_is_no_day_is_refused(spark):
    days = {
        "03.06.2011": ({"rate_date_type"}, set()),
        None: ({"rate_date_required"}, set()),
        "1998-12-31": (set(), {"euro_era"}),
    }

    rows = refined(spark, "silver.fx_rates", [published(day, usd="1.4") for day in days])

    assert list(days.values()) == [(r["failed"], r["warned"]) for r in rows]


def test_a_rate_is_valid_until_the_next_one_of_its_currency(spark):
    def rate(currency, day, value):
        return {"currency_code": currency, "rate_date": date(2011, 6, day), "rate": Decimal(value)}

    rates = [rate("USD", 6, "1.3"), rate("USD", 3, "1.2"), rate("CYP", 3, "0.5")]

    def period(currency, day, until, value):
        return {
            "currency_code": currency,
            "valid_from": date(2011, 6, day),
            "valid_to": until,
            "rate": Decimal(value).quantize(Decimal("0.000001")),
        }

    assert [
        period("CYP", 3, date(9999, 12, 31), "0.5"),
        period("USD", 3, date(2011, 6, 6), "1.2"),
        period("USD", 6, date(9999, 12, 31), "1.3"),
    ] == built(spark, "silver.fx_rate_periods", silver__fx_rates=rates)
