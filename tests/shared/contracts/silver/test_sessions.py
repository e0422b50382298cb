"""Half an hour of silence ends a visit, whatever the order in which events came."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow

NINE = datetime(2024, 5, 1, 9, tzinfo=UTC)
HALF = timedelta(minutes=30)
SECOND = timedelta(seconds=1)


def event(visitor, at, name="home", platform="mobile", channel="email"):
    return {"visitor_id": visitor, "event_at": at, "event_name": name, "platform": platform, "channel_name": channel}


def test_a_visit_ends_after_more_than_half_an_hour(spark):
    events = [
        event("b", NINE),
        event("a", NINE + 2 * HALF + SECOND, "purchase", "desktop"),
        event("a", NINE + HALF),  # half an hour is not more than half an hour
        event("a", NINE, platform="tablet", channel="direct"),
        event("a", NINE, "search", platform="tablet", channel="direct"),
    ]

    visits = built(spark, "silver.sessions", silver__behaviour_events=events)

    told = [
        (
            v["session_id"],
            v["visit_number"],
            v["started_at"].astimezone(UTC) - NINE,
            v["ended_at"].astimezone(UTC) - NINE,
            v["events"],
            v["purchases"],
            v["platform"],
            v["channel_name"],
        )
        for v in visits
    ]
    later = 2 * HALF + SECOND
    assert [
        ("a@2024-05-01 09:00:00.000000", 1, timedelta(0), HALF, 3, 0, "tablet", "direct"),
        ("a@2024-05-01 10:00:01.000000", 2, later, later, 1, 1, "desktop", "email"),
        ("b@2024-05-01 09:00:00.000000", 1, timedelta(0), timedelta(0), 1, 0, "mobile", "email"),
    ] == told
    assert visits == built(spark, "silver.sessions", silver__behaviour_events=events[::-1])
