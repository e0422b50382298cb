"""Five ways to share an order's revenue among the visits before it, compared with figures computed by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow

ORDERED = datetime(2024, 5, 31, 12, tzinfo=UTC)
RULES = ("first_touch_eur", "last_touch_eur", "linear_eur", "position_based_eur", "time_decay_eur")


def visit(visitor, days):
    """A visit so many days before the order."""
    started = ORDERED - timedelta(days=days)
    times = {"started_at": started, "ended_at": started + timedelta(minutes=10)}
    return {"session_id": f"{visitor}-{days}", "visitor_id": visitor, **times, "channel_name": "email"}


def click(visitor, days, minutes=0, **what):
    return {"visitor_id": visitor, "clicked_at": ORDERED - timedelta(days=days, minutes=-minutes), **what}


def line(order_id, eur, *, is_revenue=True):
    return {"order_id": order_id, "amount_eur": Decimal(eur), "is_revenue": is_revenue}


VISITS = [
    visit("one", 0),
    *[visit("two", days) for days in (7, 0)],
    *[visit("four", days) for days in (31, 21, 14, 6, 0)],
    visit("near", 6.99),
    visit("near", 0),
    visit("cancelled", 0),
    visit("phone", 3),
    visit("desk", 2),
    *[visit("late", days) for days in (10, 0)],
    visit("lone", 0),
    visit("lost", 0),
]
BRIDGE = [
    click("one", 0, order_id=1, campaign_code="Campaign_1"),
    click("two", 0, order_id=2),
    click("two", 7, campaign_code="Campaign_2"),
    click("four", 0, order_id=4),
    click("four", 14, campaign_code="Campaign_3"),
    click("near", 0, order_id=7),
    click("cancelled", 0, order_id=5),
    click("one", -1, order_id=6),  # an order that is not among the sales
    click("four", 0, minutes=1, order_id=4),  # the button, clicked twice
    # An order of two browsers: the first event of one visit was refused, an earlier one of the other came late.
    click("phone", 3, minutes=9, order_id=8),
    click("phone", 3, minutes=-29, campaign_code="Campaign_4"),
    click("phone", 3, minutes=-31, campaign_code="Campaign_6"),
    click("desk", 2, minutes=9, order_id=8),
    click("desk", 2, minutes=2, campaign_code="Campaign_5"),
    click("desk", 2, minutes=3, campaign_code="Campaign_6"),
    # The click that made the order began the visit, and its event was refused.
    click("late", 10, campaign_code="Campaign_1"),
    click("late", 0, minutes=-1, order_id=9, campaign_code="Campaign_2"),
    click("lone", 0, minutes=-30, order_id=10),
    click("lost", 0, minutes=-31, order_id=11),
]
SALES = [line(1, "60"), line(1, "40"), line(2, "0.0001"), line(4, "100.0001"), line(5, "9", is_revenue=False)]
SALES += [line(7, "1"), line(8, "1"), line(9, "3"), line(10, "50"), line(11, "7")]


@pytest.fixture(scope="module")
def rows(spark):
    return built(
        spark,
        "gold.marketing_attribution",
        gold__sales_fact=SALES,
        silver__click_bridge=BRIDGE,
        silver__sessions=VISITS,
    )


def test_shares_are_those_worked_out_by_hand(rows):
    """The fourth order: weights 2:1:1:2 scaled to 40, 10, 10, 40, and 2:4:16:16 for 3, 2, 0 and 0 full weeks."""
    told = [(r["order_id"], r["touch_number"], r["touches"], *(str(r[rule]) for rule in RULES)) for r in rows]

    assert [
        (1, 1, 1, "100.0000", "100.0000", "100.0000", "100.0000", "100.0000"),
        (2, 1, 2, "0.0001", "0.0000", "0.0001", "0.0001", "0.0000"),
        (2, 2, 2, "0.0000", "0.0001", "0.0000", "0.0000", "0.0001"),
        (4, 1, 4, "100.0001", "0.0000", "25.0000", "40.0000", "5.2632"),
        (4, 2, 4, "0.0000", "0.0000", "25.0001", "10.0001", "10.5263"),
        (4, 3, 4, "0.0000", "0.0000", "25.0000", "10.0000", "42.1053"),
        (4, 4, 4, "0.0000", "100.0001", "25.0000", "40.0000", "42.1053"),
        # Seven days of the calendar, and no full week.
        (7, 1, 2, "1.0000", "0.0000", "0.5000", "0.5000", "0.5000"),
        (7, 2, 2, "0.0000", "1.0000", "0.5000", "0.5000", "0.5000"),
        (8, 1, 2, "1.0000", "0.0000", "0.5000", "0.5000", "0.5000"),
        (8, 2, 2, "0.0000", "1.0000", "0.5000", "0.5000", "0.5000"),
        # One full week, and none.
        (9, 1, 2, "3.0000", "0.0000", "1.5000", "1.5000", "1.0000"),
        (9, 2, 2, "0.0000", "3.0000", "1.5000", "1.5000", "2.0000"),
        (10, 1, 1, "50.0000", "50.0000", "50.0000", "50.0000", "50.0000"),
    ] == told


def test_visits_say_where_they_came_from(rows):
    assert [
        ("one-0", "Campaign_1"),
        ("two-7", "Campaign_2"),
        ("two-0", "none"),
        ("four-21", "none"),
        ("four-14", "Campaign_3"),
        ("four-6", "none"),
        ("four-0", "none"),
        ("near-6.99", "none"),
        ("near-0", "none"),
        ("phone-3", "Campaign_4"),
        ("desk-2", "Campaign_5"),
        ("late-10", "Campaign_1"),
        ("late-0", "Campaign_2"),
        ("lone-0", "none"),
    ] == [(r["session_id"], r["campaign_code"]) for r in rows]


def test_every_rule_distributes_the_revenue_to_the_last_digit(rows):
    revenues = {1: "100.0000", 2: "0.0001", 4: "100.0001", 7: "1.0000", 8: "1.0000", 9: "3.0000", 10: "50.0000"}
    for order, eur in revenues.items():
        assert {Decimal(eur)} == {sum(r[rule] for r in rows if r["order_id"] == order) for rule in RULES}


def test_campaigns_add_up_what_their_visits_were_given(spark, rows):
    campaigns = built(spark, "gold.revenue_by_campaign", gold__marketing_attribution=rows)

    assert [
        ("Campaign_1", 2, 2, "103.0000", "101.5000"),
        ("Campaign_2", 2, 2, "0.0001", "1.5001"),
        ("Campaign_3", 1, 1, "0.0000", "25.0001"),
        ("Campaign_4", 1, 1, "1.0000", "0.5000"),
        ("Campaign_5", 1, 1, "0.0000", "0.5000"),
        ("none", 7, 4, "151.0001", "126.0000"),
    ] == [
        (c["campaign_code"], c["touches"], c["orders"], str(c["first_touch_eur"]), str(c["linear_eur"]))
        for c in campaigns
    ]
