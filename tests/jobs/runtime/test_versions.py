"""Versions from events: what begins one, what ends it, and what changes nothing."""

from dataclasses import replace

import pytest

from jobs.runtime.versions import history_of, versions
from shared.contracts import History
from tests.support.frames import assert_rows
from tests.support.things import column, things

CONTRACT = things(
    column("key"), column("name"), column("city"), column("at", "int"),
    sequence_by=("at",), history=History(untracked=("city",)),
)  # fmt: skip
PARTIAL = replace(CONTRACT, history=History(untracked=("city",), ignore_null_updates=True))
EVENTS = "key STRING, name STRING, city STRING, at INT, _is_delete BOOLEAN"
VERSIONS = "key STRING, name STRING, city STRING, at INT, valid_from INT, valid_to INT, is_current BOOLEAN NOT NULL"
GONE = "gone"

# Per case: the events (name, city, moment; or GONE and moment), and the versions (name, city, moment, from, to).
WHOLE_ROWS = {
    "one event": ([("a", "x", 1)], [("a", "x", 1, 1, None)]),
    "a change": ([("a", "x", 1), ("b", "x", 3)], [("a", "x", 1, 1, 3), ("b", "x", 3, 3, None)]),
    "no change": ([("a", "x", 1), ("a", "x", 3)], [("a", "x", 3, 1, None)]),
    "an untracked change": ([("a", "x", 1), ("a", "y", 3)], [("a", "y", 3, 1, None)]),
    "there and back": (
        [("a", "x", 1), ("b", "x", 2), ("a", "x", 3)],
        [("a", "x", 1, 1, 2), ("b", "x", 2, 2, 3), ("a", "x", 3, 3, None)],
    ),
    "null and empty differ": (
        [(None, "x", 1), ("", "x", 2), (None, "x", 3)],
        [(None, "x", 1, 1, 2), ("", "x", 2, 2, 3), (None, "x", 3, 3, None)],
    ),
    "null is null": ([(None, None, 1), (None, "x", 2)], [(None, "x", 2, 1, None)]),
    "gone": ([("a", "x", 1), (GONE, 3)], [("a", "x", 1, 1, 3)]),
    "gone twice": ([("a", "x", 1), (GONE, 3), (GONE, 5)], [("a", "x", 1, 1, 3)]),
    "back": ([("a", "x", 1), (GONE, 3), ("a", "x", 5)], [("a", "x", 1, 1, 3), ("a", "x", 5, 5, None)]),
    "gone before it came": ([(GONE, 1), ("a", "x", 3)], [("a", "x", 3, 3, None)]),
    "never there": ([(GONE, 1)], []),
}
CHANGES_ONLY = {
    "a null is as before": ([("a", "x", 1), (None, "y", 2)], [("a", "y", 2, 1, None)]),
    "an empty text is a value": ([("a", "x", 1), ("", None, 2)], [("a", "x", 1, 1, 2), ("", "x", 2, 2, None)]),
    "each column by itself": (
        [("a", None, 1), (None, "x", 2), ("b", None, 3)],
        [("a", "x", 2, 1, 3), ("b", "x", 3, 3, None)],
    ),
    "nothing is carried over a delete": (
        [("a", "x", 1), (GONE, 2), (None, "y", 3)],
        [("a", "x", 1, 1, 2), (None, "y", 3, 3, None)],
    ),
}


@pytest.mark.parametrize(
    "contract, cases",
    [pytest.param(CONTRACT, WHOLE_ROWS, id="whole rows"), pytest.param(PARTIAL, CHANGES_ONLY, id="changed columns")],
)
def test_versions_follow_from_events(spark, contract, cases):
    rows = [
        (case, None, None, e[-1], True) if e[0] == GONE else (case, *e, False)
        for case, (events, _) in cases.items()
        for e in events
    ]
    expected = [(case, *v, v[-1] is None) for case, (_, told) in cases.items() for v in told]
    assert_rows(VERSIONS, expected, versions(spark.createDataFrame(rows[::-1], EVENTS), contract))


def test_of_many_events_of_one_moment_a_delete_counts_then_the_greatest(spark):
    contract = replace(CONTRACT, apply_as_deletes="op = 'D'")
    rows = [
        ("tie", "a", "x", 1, "U"),
        ("tie", "b", "x", 1, "U"),
        ("tie", "b", "x", 1, "U"),
        ("dead", "a", "x", 1, "U"),
        ("dead", "z", "x", 2, "D"),
        ("dead", "z", "x", 2, None),
    ]
    events = spark.createDataFrame(rows, "key STRING, name STRING, city STRING, at INT, op STRING")
    expected = [("tie", "b", "x", 1, 1, None, True), ("dead", "a", "x", 1, 1, 2, False)]
    assert_rows(VERSIONS, expected, history_of(events, contract))
