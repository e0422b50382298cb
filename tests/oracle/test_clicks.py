"""The oracle's visits and shares, held against figures worked out by hand."""

from fractions import Fraction

import pytest

from tests.oracle.answer import expected
from tests.oracle.clicks import RULES, placed, shares

pytestmark = pytest.mark.examples


def hundredths(ages):
    return {rule: [round(float(part) * 100, 2) for part in parts] for rule, parts in shares(ages).items()}


@pytest.mark.parametrize(
    "ages, by_hand",
    [
        pytest.param([0], {rule: [100] for rule in RULES}, id="one"),
        pytest.param(
            [7, 0],
            {
                "first_touch": [100, 0],
                "last_touch": [0, 100],
                "linear": [50, 50],
                "position_based": [50, 50],
                "time_decay": [33.33, 66.67],
            },
            id="two, a week apart",
        ),
        pytest.param(
            [21, 14, 6, 0],
            {
                "first_touch": [100, 0, 0, 0],
                "last_touch": [0, 0, 0, 100],
                "linear": [25, 25, 25, 25],
                "position_based": [40, 10, 10, 40],
                "time_decay": [5.26, 10.53, 42.11, 42.11],  # 1 : 2 : 8 : 8 of 19
            },
            id="four",
        ),
    ],
)
def test_shares_are_those_worked_out_by_hand(ages, by_hand):
    assert by_hand == hundredths(ages)


@pytest.mark.parametrize(
    "units, parts, by_hand",
    [
        pytest.param(100, [1, 1, 1], [33, 34, 33], id="33.3, 66.7, 100"),
        pytest.param(1, [1, 1], [1, 0], id="a half goes up"),
        pytest.param(0, [1, 1], [0, 0], id="nothing"),
        pytest.param(101, [2, 1, 2], [40, 21, 40], id="40.4, 60.6, 101"),
    ],
)
def test_parts_are_whole_and_add_up(units, parts, by_hand):
    assert by_hand == placed(units, [Fraction(p, sum(parts)) for p in parts])


def test_visits_are_those_the_tracker_cut():
    """The tracker of the sample cut its visits by the same half hour."""
    events = expected(2)["silver.behaviour_events"].to_pylist()
    visits = {(v["visitor_id"], v["started_at"]) for v in expected(2)["silver.sessions"].to_pylist()}
    begun = {}
    for e in events:
        key = (e["visitor_id"], e["tracker_session_id"])
        begun[key] = min(begun.get(key, e["event_at"]), e["event_at"])
    assert {(visitor, at) for (visitor, _), at in begun.items()} == visits


def test_every_rule_gives_away_the_same_revenue():
    for table in ("gold.marketing_attribution", "gold.revenue_by_campaign"):
        rows = expected(2)[table].to_pylist()
        assert 1 == len({sum(row[f"{rule}_eur"] for row in rows) for rule in RULES}), table
