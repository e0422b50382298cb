"""A companion's columns follow those of its table, whether a run dies between the two commits or not."""

from dataclasses import replace
from datetime import datetime

import pytest

from shared.jobs import Status, Step
from shared.names import TableName, events_location
from tests.support.killing import die, dying_before_landing
from tests.support.small_contracts import bronze, contract

pytestmark = pytest.mark.extra

STEPS = (Step.INGEST, Step.REFINE)
DESK, PEOPLE = "bronze.desk__people", "silver.people"
KEY = "logicalType: integer\n        physicalType: int\n"
COLUMNS = f"""\
      - name: person_id
        {KEY}        primaryKey: true
        transformSourceObjects: [{DESK}]
        description: Number.
      - {{name: name, logicalType: string, physicalType: string, description: Name.}}
      - {{name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}}
"""
DELETES = {"writeDisposition": "merge", "sequenceBy": "[changed_at]", "applyAsDeletes": "\"op = 'D'\""}
# An amended contract, and the type of a key then.
WIDENED = ((KEY, KEY.replace(" int\n", " bigint\n")),)
RAISED = (
    ("version: 1.0.0", "version: 2.0.0"),
    (KEY, KEY.replace("integer", "string").replace(" int\n", " string\n")),
)
CHANGES = [pytest.param(WIDENED, int, id="widened"), pytest.param(RAISED, str, id="raised")]


def day(number):
    return datetime(2026, 1, number)  # noqa: DTZ001 - the source's times are UTC and say no zone


def bring(lake, run, *lines):
    if lines:
        lake.land(DESK, "person_id,name,op,changed_at", *lines)
    return lake.run(run, STEPS).outcomes[PEOPLE].status


def killed(lake, monkeypatch, run, *lines):
    """Let a run die after the companions have committed, and before the table does."""
    with dying_before_landing(monkeypatch):
        assert Status.FAILED == bring(lake, run, *lines)


def amend(lake, changes, *, back=False):
    for old, new in changes:
        lake.amend(PEOPLE, *((new, old) if back else (old, new)))


def beside(lake):
    """The history's events, without what the engine adds."""
    rows = lake.spark.read.format("delta").load(events_location(lake.lake_root, TableName.parse(PEOPLE)))
    rows = rows.select("_batch", "person_id", "name", "changed_at", "_is_delete")
    return sorted((tuple(r) for r in rows.collect()), key=lambda r: (r[1], r[3]))


def versions(lake):
    rows = lake.frame(PEOPLE).select("person_id", "name", "changed_at", "valid_from", "valid_to", "is_current")
    return sorted((tuple(r) for r in rows.collect()), key=lambda r: (r[0], r[3]))


def desk(lake, custom):
    lake.files = {
        DESK: bronze(DESK, "append", "person_id", "name", "op", "changed_at"),
        PEOPLE: contract(PEOPLE, COLUMNS, custom),
    }
    return lake


@pytest.fixture
def history(small_lake):
    lake = desk(small_lake, DELETES | {"storedAsScdType": "2"})
    bring(lake, "r1", f"1,a,U,{day(1)}", f"1,c,U,{day(5)}", f"2,a,U,{day(1)}")
    return lake


@pytest.mark.parametrize("changes, key", CHANGES)
def test_the_events_of_a_history_take_the_types_of_its_contract(history, monkeypatch, changes, key):
    amend(history, changes)
    news = (f"3000000000,z,U,{day(2)}", f"1,b,U,{day(3)}", f"2,,D,{day(4)}")
    dead = history.branched()
    killed(dead, monkeypatch, "r2", *news)
    first = 1 if key is int else 2  # a table that is rebuilt reads everything once more
    for lake in (history, dead):
        assert Status.SUCCEEDED == bring(lake, "r3", *(news if lake is history else ()))
        assert [
            (first, key(1), "a", day(1), False),
            (2, key(1), "b", day(3), False),
            (first, key(1), "c", day(5), False),
            (first, key(2), "a", day(1), False),
            (2, key(2), None, day(4), True),
            (2, key(3000000000), "z", day(2), False),
        ] == beside(lake)
        assert [
            (key(1), "a", day(1), day(1), day(3), False),
            (key(1), "b", day(3), day(3), day(5), False),
            (key(1), "c", day(5), day(5), None, True),
            (key(2), "a", day(1), day(1), day(4), False),
            (key(3000000000), "z", day(2), day(2), None, True),
        ] == versions(lake)
        before = lake.versions()
        assert Status.UNCHANGED == bring(lake, "r4")
        assert before == lake.versions()


def test_events_go_back_to_their_types_when_a_change_that_died_is_taken_back(history, monkeypatch):
    amend(history, RAISED)
    killed(history, monkeypatch, "r2", f"2,b,U,{day(2)}")
    amend(history, RAISED, back=True)
    assert Status.SUCCEEDED == bring(history, "r3")
    assert [
        (1, 1, "a", day(1), False),
        (1, 1, "c", day(5), False),
        (1, 2, "a", day(1), False),
        (2, 2, "b", day(2), False),
    ] == beside(history)
    assert [
        (1, "a", day(1), day(1), day(5), False),
        (1, "c", day(5), day(5), None, True),
        (2, "a", day(1), day(1), day(2), False),
        (2, "b", day(2), day(2), None, True),
    ] == versions(history)


@pytest.mark.parametrize("changes, key", CHANGES)
def test_tombstones_take_the_types_of_their_contract(small_lake, monkeypatch, changes, key):
    small_lake = desk(small_lake, DELETES)
    bring(small_lake, "r1", f"1,a,U,{day(1)}", f"2,a,U,{day(1)}", f"5,,D,{day(3)}")
    amend(small_lake, changes)
    # The delete of 5 was stored as a number of another type, and its row arrives now.
    news = (f"2,,D,{day(3)}", f"5,late,U,{day(2)}", f"3000000000,z,U,{day(2)}")
    dead = small_lake.branched()
    killed(dead, monkeypatch, "r2", *news)
    for lake in (small_lake, dead):
        assert Status.SUCCEEDED == bring(lake, "r3", *(news if lake is small_lake else ()))
        assert [(key(1), "a", day(1)), (key(3000000000), "z", day(2))] == lake.rows(PEOPLE)
        first = 1 if key is int else 2
        assert [(2, key(2), day(3)), (first, key(5), day(3))] == sorted(lake.tombstones(PEOPLE), key=lambda r: r[1])
        before = lake.versions()
        assert Status.UNCHANGED == bring(lake, "r4")
        assert before == lake.versions()


# Of a first contract: a name that must be there, what it is ordered by, and a word, of which the next one has none.
FIRST = (
    COLUMNS.replace("string, description: Name", "string, required: true, description: Name").replace(
        "{name: changed_at,", "{name: told_at, transformLogic: changed_at,"
    )
    + """\
      - {name: word, logicalType: string, physicalType: string, transformLogic: op, description: Word.}
"""
)


@pytest.mark.parametrize("custom", [{}, {"storedAsScdType": "2"}], ids=["deletes", "history"])
def test_a_first_run_that_died_leaves_nothing_of_its_contract(small_lake, monkeypatch, custom):
    """It has created its tables by then, without rows."""

    def first_try(step, table, **changed):
        lake = replace(small_lake, files=files | {PEOPLE: first} | changed)
        with monkeypatch.context() as dying:
            dying.setattr("jobs.runtime.land.commit", die)
            assert Status.FAILED is lake.run("r1", (step,)).outcomes[table].status

    note = "      - {name: note, logicalType: string, physicalType: string, description: Note.}\n"
    phone = ("{name: phone, ", "{name: phone, classification: restricted, ")
    files = {
        DESK: bronze(DESK, "append", "person_id", "name", "op", "phone", "note", "changed_at").replace(*phone),
        PEOPLE: contract(PEOPLE, COLUMNS.replace(*WIDENED[0]) + note, DELETES | custom),
    }
    first = contract(PEOPLE, FIRST, DELETES | custom | {"sequenceBy": "[told_at]"})
    lines = (f"1,a,U,x,1,{day(1)},s", f"1,b,U,y,2,{day(3)},s", f"2,,D,,3,{day(2)},s")
    small_lake.land(DESK, "person_id,name,op,note,phone,changed_at,seen", *lines)
    earlier = bronze(DESK, "append", "person_id", "name", "op", "phone", "changed_at", "seen").replace(*phone)
    first_try(Step.INGEST, DESK, **{DESK: earlier})
    dead, fresh = (replace(small_lake, files=files, place=place) for place in ("lake", "fresh"))
    dead.run("r2", (Step.INGEST,))
    first_try(Step.REFINE, PEOPLE)

    for lake in (dead, fresh):
        assert Status.SUCCEEDED == bring(lake, "r3")
    for table in (DESK, PEOPLE):
        assert fresh.rows(table) == dead.rows(table)
        assert fresh.frame(table).dtypes == dead.frame(table).dtypes
    assert fresh.tombstones(PEOPLE) == dead.tombstones(PEOPLE)
    if custom:
        assert beside(fresh) == beside(dead)
    before = dead.versions()
    assert Status.UNCHANGED == bring(dead, "r4")
    assert before == dead.versions()
