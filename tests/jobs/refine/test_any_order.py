"""Thousands of histories, cut up, shuffled, doubled and delivered late: the tables show what happened."""

import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.jobs import Step
from tests.support.histories import BATCHES, histories, newest_row, versions
from tests.support.people import PEOPLE_AND_CITIES
from tests.support.small_contracts import bronze, contract

MERGED = {"writeDisposition": "merge", "sequenceBy": "[changed_at]", "applyAsDeletes": "\"op = 'D'\""}
HISTORY = MERGED | {"storedAsScdType": "2", "exceptColumnList": "[city]"}
TABLES = {
    "silver.people": MERGED,
    "silver.people_history": HISTORY,
    "silver.people_by_changes": HISTORY | {"ignoreNullUpdates": "true"},
}
HEADER = "person_id,name,city,op,changed_at"
KEYS_PER_EXAMPLE, EXAMPLES, DELIVERIES = 10, 130, 4


def many_histories(random):
    """Histories drawn by hypothesis, each delivered as drawn and in other ways, under keys of their own."""
    found = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(histories(), min_size=KEYS_PER_EXAMPLE, max_size=KEYS_PER_EXAMPLE))
    def collect(drawn):
        found.extend(drawn)

    collect()
    others = [
        [(event, tuple(random.choices(range(BATCHES), k=random.choice([1, 1, 2])))) for event, _ in history]
        for history in found
        for _ in range(DELIVERIES - 1)
    ]
    return [
        [(replace(event, key=event.key.replace("0", str(number))), batches) for event, batches in history]
        for number, history in enumerate(found + others, start=1)
    ]


def refused(events):
    """The dirty rows that the quarantine must have, whatever their number."""
    return {
        (
            tuple(e.refused_for),
            json.dumps({"person_id": e.key or None, "name": e.name, "city": e.city, "changed_at": None}),
        )
        for e in events
        if e.refused_for
    }


@pytest.mark.slow
@pytest.mark.long
def test_histories_in_any_order_make_the_tables_that_the_whole_of_them_makes(small_lake):
    lake = small_lake
    names = ("name", "city", "op", "changed_at")
    lake.files = {"bronze.desk__people": bronze("bronze.desk__people", "append", "person_id", *names)}
    lake.files |= {name: contract(name, PEOPLE_AND_CITIES, custom) for name, custom in TABLES.items()}
    random = Random(11)  # noqa: S311 - shapes of test data
    all_ = many_histories(random)
    assert len(all_) >= 5000
    for batch in range(BATCHES):
        rows = [event for history in all_ for event, batches in history for b in batches if b == batch]
        random.shuffle(rows)
        half = len(rows) // 2
        for part in (rows[:half], rows[half:]):
            lake.land("bronze.desk__people", HEADER, *[event.line for event in part])
        ran = lake.run(f"r{batch}", (Step.INGEST, Step.REFINE))
        seen = [[event for event, batches in history if min(batches) <= batch] for history in all_]
        expected = {
            "silver.people": [row for events in seen for row in newest_row(events)],
            "silver.people_history": [row for events in seen for row in versions(events, keeps_nulls=True)],
            "silver.people_by_changes": [row for events in seen for row in versions(events, keeps_nulls=False)],
        }
        dirty = {row for events in seen for row in refused(events)}
        for name, rows_of_name in expected.items():
            found = [tuple(row) for row in lake.frame(name).collect()]
            assert sorted(rows_of_name, key=str) == sorted(found, key=str), name
            kept = {(tuple(rules), json.dumps(json.loads(row))) for _, rules, _, _, row in lake.refused(name)}
            assert dirty == kept, name
            assert ran.outcomes[name].warnings["sequence_tied"] > 0
