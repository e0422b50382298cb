"""Rows are compared that were there to be read, and are no older than the contract's window."""

from datetime import UTC, datetime

import pytest

from jobs.ingest.source_figures import CursorSpan
from jobs.reconcile.settled import settled_span
from shared.contracts import Source
from shared.contracts.reconciling import DAY, Reconciling

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ALL = Reconciling(window_seconds=None)
CURSOR = {"cursor": "changed"}


def span(type_="timestamp", reached="2026-03-10 11:00:00", committed_at=NOON, position=None, **facts):
    facts = {"reconciling": ALL, **CURSOR, **facts}
    source = Source(system="shop", type="redshift", object="t", **facts)
    return settled_span(source, {"cursor": reached, **(position or {})}, committed_at, type_)


@pytest.mark.parametrize(
    "found, expected",
    [
        pytest.param(
            span(lag_seconds=2 * DAY),
            CursorSpan(last="2026-03-10 11:00:00", end="2026-03-08 12:00:00.000000"),
            id="what is younger than the lag may still be committed",
        ),
        pytest.param(
            span(reached="2025-01-01 00:00:00", lag_seconds=DAY),
            CursorSpan(last="2025-01-01 00:00:00", end="2026-03-09 12:00:00.000000"),
            id="an old cursor is settled itself",
        ),
        pytest.param(
            span(position={"asked_at": "2026-03-05T12:00:00.5+00:00"}, lag_seconds=2 * DAY),
            CursorSpan(last="2026-03-10 11:00:00", end="2026-03-03 12:00:00.000000"),
            id="rows since the source was asked do not count, though a backfill was committed since",
        ),
        pytest.param(
            span(committed_at=None, lag_seconds=DAY),
            CursorSpan(last="2026-03-10 11:00:00", end="2026-03-09 11:00:00.000000"),
            id="the time of the commit is not known: it was no earlier than the cursor",
        ),
        pytest.param(
            span(lag_seconds=DAY, reconciling=Reconciling(window_seconds=3 * DAY)),
            CursorSpan(
                start="2026-03-06 12:00:00.000000", last="2026-03-10 11:00:00", end="2026-03-09 12:00:00.000000"
            ),
            id="the window goes back from what is settled",
        ),
        pytest.param(
            span(initial_value="2026-03-09T00:00:00+01:00", end_value="2026-03-10", reconciling=Reconciling()),
            CursorSpan(
                start="2026-03-08 23:00:00.000000", last="2026-03-10 11:00:00", end="2026-03-10 00:00:00.000000"
            ),
            id="what the contract never reads is not compared",
        ),
        pytest.param(
            span("date", "2026-03-10", lag_seconds=DAY, reconciling=Reconciling(window_seconds=2 * DAY)),
            CursorSpan(start="2026-03-07", last="2026-03-10", end="2026-03-09"),
            id="days",
        ),
        pytest.param(
            span("bigint", "42", initial_value="7"),
            CursorSpan(start="7", last="42"),
            id="numbers have no time and no lag",
        ),
        pytest.param(span(reached=None), None, id="nothing was read yet"),
        pytest.param(span(cursor=None), CursorSpan(), id="no cursor: all of it"),
    ],
)
def test_span_is_what_is_settled(found, expected):
    assert expected == found


def test_beyond_a_span_is_all_that_came_after():
    found = span(lag_seconds=DAY).beyond

    assert ([(">", "2026-03-10 11:00:00"), (">=", "2026-03-09 12:00:00.000000")], " OR ") == (found.bounds, found.word)
