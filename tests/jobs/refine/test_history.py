"""A history kept from day to day: late events, deletes, and the frozen past."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.refine.events import known_events
from jobs.refine.history import BEFORE_HORIZON
from jobs.runtime.commit import Batch
from jobs.runtime.flow import Flow
from jobs.runtime.position import read_position
from shared.jobs import Step
from tests.support.delta_tables import HeldLease
from tests.support.people import PEOPLE_AND_CITIES
from tests.support.small_contracts import bronze, contract

STEPS = (Step.INGEST, Step.REFINE)
HEADER = "person_id,name,city,op,changed_at"
HISTORY = {
    "writeDisposition": "merge",
    "sequenceBy": "[changed_at]",
    "applyAsDeletes": "\"op = 'D'\"",
    "storedAsScdType": "2",
    "exceptColumnList": "[city]",
    "eventRetention": "10 days",
}


def day(number):
    return datetime(2026, 1, number)  # noqa: DTZ001 - the source's times are UTC and say no zone


@pytest.fixture
def desk(small_lake):
    small_lake.files = {
        "bronze.desk__people": bronze("bronze.desk__people", "append", "person_id", "name", "city", "op", "changed_at"),
        "silver.people": contract("silver.people", PEOPLE_AND_CITIES, HISTORY),
    }
    return small_lake


def bring(lake, run, *lines, today):
    lake.land("bronze.desk__people", HEADER, *lines)
    return lake.run(run, STEPS, business_date=date(2026, 1, today))


def held(lake):
    """Key, name, city, from and to of every version."""
    rows = lake.frame("silver.people").select("person_id", "name", "city", "valid_from", "valid_to", "is_current")
    found = sorted((tuple(r) for r in rows.collect()), key=lambda r: (r[0], r[3]))
    assert [r[4] is None for r in found] == [r[5] for r in found]
    return [(key, name, city, since.day, until and until.day) for key, name, city, since, until, _ in found]


def met_by(lake, key):
    """The known events of one key; of all keys, if it is None."""
    table, location = lake.catalog.table("silver.people"), lake.location("silver.people")
    batch = Batch(
        location=location,
        flow="silver.people",
        before=read_position(lake.spark, location),
        run="next",
        attempt="a",
        lease=HeldLease(),
    )
    flow = Flow(session=lake.spark, job=lake.job(Step.REFINE), catalog=lake.catalog, table=table, batch=batch)
    return known_events(flow, None if key is None else (key, key), None)


def test_late_events_split_and_shift_versions_of_their_keys_alone(desk):
    bring(desk, "r0", f"9,a,x,U,{day(5)}", today=9)
    untouched = desk.frame("silver.people").inputFiles()
    first = [f"1,a,x,U,{day(5)}", f"1,a,y,U,{day(8)}", f"2,a,x,U,{day(5)}", f"2,,,D,{day(9)}"]
    ran = bring(desk, "r1", *first, today=9)
    assert [(1, "a", "y", 5, None), (2, "a", "x", 5, 9), (9, "a", "x", 5, None)] == held(desk)
    assert {"read": 4, "recorded": 4, "inserted": 2} == ran.books("silver.people")

    # Person 1 differed in between, person 2 came back, and person 9 has no new event.
    late = [f"1,b,x,U,{day(6)}", f"2,b,x,U,{day(9)}", f"2,a,x,U,{day(9) + timedelta(hours=12)}"]
    ran = bring(desk, "r2", *late, today=9)
    assert [
        (1, "a", "x", 5, 6),
        (1, "b", "x", 6, 8),
        (1, "a", "y", 8, None),
        (2, "a", "x", 5, 9),
        (2, "a", "x", 9, None),
        (9, "a", "x", 5, None),
    ] == held(desk)
    assert {"read": 3, "recorded": 2, "superseded": 1, "inserted": 3, "updated": 1} == ran.books("silver.people")
    assert {"sequence_tied": 1} == ran.outcomes["silver.people"].warnings
    assert untouched == desk.frame("silver.people").where("person_id = 9").inputFiles()
    assert {5} == {row["changed_at"].day for row in met_by(desk, 9).collect()}
    assert 1 == len(met_by(desk, 9).inputFiles()) < len(met_by(desk, None).inputFiles())

    # Sent once more, in another file: bronze keeps it, and the history does not change.
    ran = bring(desk, "r3", f"1,a,x,U,{day(5)}", f"1,a,y,U,{day(8)}", today=9)
    assert {"read": 2, "superseded": 2} == ran.books("silver.people")


def test_what_lies_before_the_events_that_are_kept_is_frozen(desk):
    past = [f"1,a,x,U,{day(1)}", f"1,b,x,U,{day(3)}", f"2,a,x,U,{day(1)}", f"2,,,D,{day(2)}", f"3,a,x,U,{day(1)}"]
    bring(desk, "r1", *past, f"3,a,x,U,{day(4)}", today=20)
    frozen = [(1, "a", "x", 1, 3), (1, "b", "x", 3, None), (2, "a", "x", 1, 2), (3, "a", "x", 1, None)]
    assert frozen == held(desk)

    # The tenth is the horizon now: older events are refused, and the last version before it continues.
    news = [f"1,b,y,U,{day(12)}", f"2,a,x,U,{day(12)}", f"3,late,x,U,{day(9)}", f"3,z,x,U,{day(14)}"]
    ran = bring(desk, "r2", *news, today=20)
    now = [
        (1, "a", "x", 1, 3),
        (1, "b", "y", 3, None),
        (2, "a", "x", 1, 2),
        (2, "a", "x", 12, None),
        (3, "a", "x", 1, 14),
        (3, "z", "x", 14, None),
    ]
    assert now == held(desk)
    assert {"read": 4, "recorded": 3, "quarantined": 1, "inserted": 2, "updated": 2} == ran.books("silver.people")
    [confirmed] = desk.frame("silver.people").where(f"person_id = 3 AND valid_to = '{day(14)}'").collect()
    assert day(4) == confirmed["changed_at"]
    assert [[BEFORE_HORIZON]] == [rules for _, rules, *_ in desk.refused("silver.people")]

    # An earlier business date does not move the horizon back.
    bring(desk, "r3", f"3,y,x,U,{day(13)}", f"1,late,x,U,{day(9)}", today=12)
    assert [*now[:4], (3, "a", "x", 1, 13), (3, "y", "x", 13, 14), (3, "z", "x", 14, None)] == held(desk)

    # Nor does a contract that keeps events for ever from now on: deleted events do not return.
    desk.amend("silver.people", "      - {property: eventRetention, value: 10 days}\n", "")
    for run, event in (("r4", f"1,c,y,U,{day(15)}"), ("r5", f"2,z,x,U,{day(15)}")):
        ran = bring(desk, run, event, f"3,late,{run},U,{day(9)}", today=20)
        assert {"read": 2, "recorded": 1, "quarantined": 1, "inserted": 1, "updated": 1} == ran.books("silver.people")
    assert [
        (1, "a", "x", 1, 3),
        (1, "b", "y", 3, 15),
        (1, "c", "y", 15, None),
        (2, "a", "x", 1, 2),
        (2, "a", "x", 12, 15),
        (2, "z", "x", 15, None),
        (3, "a", "x", 1, 13),
        (3, "y", "x", 13, 14),
        (3, "z", "x", 14, None),
    ] == held(desk)


def test_events_are_taken_out_as_the_horizon_enters_a_month(desk):
    """Each day it would rewrite nearly every file: they lie by key, and each has events of every day."""
    place = Path(desk.lake_root, "events", "silver", "people")

    def brought(run, at, today):
        desk.land("bronze.desk__people", HEADER, f"1,{run},x,U,{at}")
        desk.run(run, STEPS, business_date=today)
        return sorted(row["changed_at"] for row in desk.spark.read.format("delta").load(str(place)).collect())

    # The horizons are the 2nd and the 21st of January, then the 1st of February; what it leaves goes one batch later.
    second, third = datetime(2026, 2, 2), datetime(2026, 2, 3)  # noqa: DTZ001 - as above
    assert [day(1)] == brought("r1", day(1), date(2026, 1, 12))
    assert [day(1), day(30)] == brought("r2", day(30), date(2026, 1, 31))
    assert [day(1), day(30), second] == brought("r3", second, date(2026, 2, 11))
    assert [second, third] == brought("r4", third, date(2026, 2, 11))
    assert [(1, "r1", "x", 1, 30), (1, "r2", "x", 30, 2), (1, "r3", "x", 2, 3), (1, "r4", "x", 3, None)] == held(desk)


def test_a_business_date_that_lies_ahead_freezes_nothing(desk):
    """The horizon never moves back, so a typing error would close the history to all later events."""
    now = datetime.now(UTC).replace(tzinfo=None)
    older, newer = (f"{now - timedelta(days=days):%Y-%m-%d %H:%M:%S}" for days in (3, 2))
    bring(desk, "r0", f"1,a,x,U,{older}", today=1)
    desk.land("bronze.desk__people", HEADER, f"1,b,x,U,{newer}")
    desk.run("r1", STEPS, business_date=date(2999, 1, 1))
    assert {"a", "b"} == {name for _, name, *_ in held(desk)}
    assert [] == desk.refused("silver.people")
