"""Stages of deals: who is in them, who was and won, and how long deals stay."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow

START = datetime(2026, 1, 1, tzinfo=UTC)


def deal(key, stage, amount=None, probability=None, **flags):
    return {
        "opportunity_id": key,
        "stage": stage,
        "amount": amount and Decimal(amount),
        "probability_pct": probability and Decimal(probability),
        "is_closed": flags.get("closed", False),
        "is_won": flags.get("won", False),
    }


def step(key, stage, days, n=1):
    changed = START + timedelta(days=days)
    return {"step_id": f"{key}-{days}-{n}", "opportunity_id": key, "stage": stage, "changed_at": changed}


def test_stages_count_what_is_in_them_and_what_was(spark):
    deals = [
        deal("won", "Won", "100", "100", closed=True, won=True),
        deal("lost", "Lost", "50", "0", closed=True),
        deal("open", "Talk", "10.01", "50"),
        deal("bare", "Talk"),
        deal("none", "Talk", "5", "25"),
        deal("soon", "Sure", "8", closed=False, won=True),
    ]
    steps = [
        step("won", "Talk", 0), step("won", "Talk", 1), step("won", "Won", 3),
        step("lost", "Talk", 0), step("lost", "Won", 1), step("lost", "Talk", 2), step("lost", "Lost", 2.5),
        step("open", "Talk", 0),
        step("gone", "Talk", 0), step("gone", "Won", 10),
    ]  # fmt: skip

    found = built(
        spark, "gold.sales_pipeline", silver__salesforce_opportunities=deals, silver__opportunity_history=steps
    )

    facts = {r["stage"]: tuple(r.values())[1:] for r in found}
    assert {
        # the won deal stayed three days, the lost one a day and then half a day, and one without a record ten
        "Talk": (5, 2, 1, Decimal("50.00"), 3, Decimal("15.01"), Decimal("6.26"), 4, Decimal("3.6250")),
        "Won": (2, 2, 1, Decimal("50.00"), 0, Decimal("0.00"), Decimal("0.00"), 1, Decimal("1.0000")),
        # nobody has closed it, so it is not won, and it has no known probability
        "Sure": (1, 0, 0, None, 1, Decimal("8.00"), Decimal("0.00"), 0, None),
        "Lost": (1, 1, 0, Decimal("0.00"), 0, Decimal("0.00"), Decimal("0.00"), 0, None),
    } == facts
