"""A table's companions go back with it, and forth again, whatever other commits their logs have."""

import json
import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest
from delta.tables import DeltaTable
from pyspark.sql import functions as F

from jobs.runtime.lease import leased
from jobs.runtime.upkeep import carrying_on
from shared.jobs import Status, Step
from shared.names import TableName, events_location, lease_table, pii_folder
from shared.vault import vault_location
from tests.support.people import PEOPLE
from tests.support.small_contracts import bronze, contract
from tests.support.small_lake import ENV

pytestmark = pytest.mark.long

BRONZE, SILVER = "bronze.desk__people", "silver.people"
DAY = (Step.INGEST, Step.REFINE, Step.RECORD)
HEADER = "person_id,name,op,changed_at"
LATEST = {"writeDisposition": "merge", "sequenceBy": "[changed_at]", "applyAsDeletes": "\"op = 'D'\""}
HISTORY = LATEST | {"storedAsScdType": "2"}
NOTE = (
    "      - {name: note, logicalType: string, physicalType: string, transformLogic: upper(name), description: Note.}\n"
)


def day(number):
    return datetime(2026, 1, number)  # noqa: DTZ001 - the source's times are UTC and say no zone


@pytest.fixture
def desk(small_lake):
    small_lake.files = {
        BRONZE: bronze(BRONZE, "append", "person_id", "name", "op", "changed_at"),
        SILVER: contract(SILVER, PEOPLE, HISTORY),
    }
    return small_lake


def bring(lake, run, *lines):
    """Land some rows and run the day; `1,a,U,2` is person 1, named a, upserted on the second of January."""
    cells = [line.split(",") for line in lines]
    if cells:
        lake.land(BRONZE, HEADER, *[",".join([*cell[:-1], str(day(int(cell[-1])))]) for cell in cells])
    ran = lake.run(run, DAY)
    assert {Status.SUCCEEDED, Status.UNCHANGED} >= {o.status for o in ran.outcomes.values()}
    return ran


def go_back(lake, run, to):
    went = lake.upkeep(run, rollback=to).outcomes
    assert {BRONZE: Status.SUCCEEDED, SILVER: Status.SUCCEEDED} == {name: o.status for name, o in went.items()}


def versions(lake):
    """Key, name, from and to of every version of the history."""
    rows = lake.frame(SILVER).select("person_id", "name", F.day("valid_from"), F.day("valid_to")).collect()
    return sorted(map(tuple, rows), key=lambda row: (row[0], row[2]))


def events(lake):
    """Batch, key, name, day and whether it is a delete of every event, and the note where events have one."""
    rows = lake.spark.read.format("delta").load(events_location(lake.lake_root, TableName.parse(SILVER)))
    notes = [name for name in rows.columns if name == "note"]
    rows = rows.select("_batch", "person_id", "name", F.day("changed_at"), "_is_delete", *notes)
    return sorted(map(tuple, rows.collect()))


def refused(lake):
    """Batch, rules and row, before it was typed, of all that is in quarantine."""
    return [(batch, rules, json.loads(row)) for batch, rules, _, _, row in lake.refused(SILVER)]


def nameless(batch, key, at):
    """What the quarantine has of a row whose key is no number."""
    return batch, ["person_id_type"], {"person_id": key, "name": "bad", "changed_at": str(day(at))}


def forget_companions(lake):
    """Remove from the pages of runs what those of earlier releases lack."""
    for page in Path(lake.lake_root).glob("runs/*/run.json"):
        record = lake.record(page.parent.name)
        stripped = tuple(found.model_copy(update={"beside": None, "table_id": None}) for found in record.versions)
        page.write_text(record.model_copy(update={"versions": stripped}).model_dump_json(), encoding="utf-8")


@pytest.mark.parametrize(
    "has_companions", [pytest.param(True, id="pages of today"), pytest.param(False, id="pages of earlier releases")]
)
def test_history_goes_back_and_forth_with_its_events_and_its_quarantine(desk, has_companions):
    bring(desk, "r1", "1,a,U,1", "x,bad,U,1")
    first = [(1, "a", 1, None)], [(1, 1, "a", 1, False)], [nameless(1, "x", 1)]
    assert first == (versions(desk), events(desk), refused(desk))

    bring(desk, "r2", "1,b,U,3", "2,a,U,3", "y,bad,U,3")
    second = (
        [(1, "a", 1, 3), (1, "b", 3, None), (2, "a", 3, None)],
        [*first[1], (2, 1, "b", 3, False), (2, 2, "a", 3, False)],
        [*first[2], nameless(2, "y", 3)],
    )
    assert second == (versions(desk), events(desk), refused(desk))
    if not has_companions:
        forget_companions(desk)

    go_back(desk, "m1", to="r1")
    assert first == (versions(desk), events(desk), refused(desk))
    # Compaction in between: the newest commits are then no RESTOREs.
    desk.upkeep("m2")
    go_back(desk, "m3", to="r2")
    assert second == (versions(desk), events(desk), refused(desk))
    bring(desk, "r3", "1,c,U,2", "2,,D,5")
    third = [(1, "a", 1, 2), (1, "c", 2, 3), (1, "b", 3, None), (2, "a", 3, 5)]
    happened = [*second[1], (3, 1, "c", 2, False), (3, 2, None, 5, True)]
    assert (third, happened, second[2]) == (versions(desk), events(desk), refused(desk))

    if not has_companions:
        forget_companions(desk)
    # And to the state after the first rollback, and to that after the last run.
    go_back(desk, "m4", to="m1")
    assert first == (versions(desk), events(desk), refused(desk))
    go_back(desk, "m5", to="r3")
    assert (third, happened, second[2]) == (versions(desk), events(desk), refused(desk))


def test_table_that_was_recreated_since_is_not_rolled_back(desk):
    """Delta counts versions from 0 again, so the number on the page is that of rows that the run never saw."""
    bring(desk, "r1", "1,a,U,1")
    time.sleep(1)
    shutil.rmtree(desk.location(SILVER))
    bring(desk, "r2", "2,b,U,2")
    now = versions(desk)

    for run in ("m1", "m2"):
        went = desk.upkeep(run, rollback="r1").outcomes[SILVER]
        assert (Status.FAILED, "RollbackError") == (went.status, went.failure.error)
        assert "it was recreated since r1" in went.failure.message
        assert now == versions(desk)
        forget_companions(desk)


def test_late_row_of_a_deleted_key_stays_out_after_a_rollback_and_one_forward(desk):
    desk.files[SILVER] = contract(SILVER, PEOPLE, LATEST)
    bring(desk, "r1", "1,a,U,2", "2,a,U,2")
    bring(desk, "r2", "1,,D,4")
    tombstones = [(2, 1, day(4))]
    assert ([(2, "a", day(2))], tombstones) == (desk.rows(SILVER), desk.tombstones(SILVER))

    go_back(desk, "m1", to="r1")
    assert ([(1, "a", day(2)), (2, "a", day(2))], []) == (desk.rows(SILVER), desk.tombstones(SILVER))
    go_back(desk, "m2", to="r2")
    assert ([(2, "a", day(2))], tombstones) == (desk.rows(SILVER), desk.tombstones(SILVER))

    assert {"read": 1, "superseded": 1} == bring(desk, "r3", "1,late,U,3").books(SILVER)
    assert ([(2, "a", day(2))], tombstones) == (desk.rows(SILVER), desk.tombstones(SILVER))


def test_rollback_over_an_added_column_of_events_leaves_no_event_that_was_rolled_back(desk):
    bring(desk, "r1", "1,a,U,1")
    bring(desk, "r2", "1,b,U,2")
    desk.amend(SILVER, "      - {name: changed_at,", f"{NOTE}      - {{name: changed_at,")
    bring(desk, "r3", "2,z,U,3")

    go_back(desk, "m1", to="r1")
    assert ([(1, "a", 1, None)], [(1, 1, "a", 1, False)]) == (versions(desk), events(desk))

    bring(desk, "r4")
    assert [(1, "a", 1, 2), (1, "b", 2, None), (2, "z", 3, None)] == versions(desk)
    # The first two batches are from before the column; rows that are read again have it.
    again = [(4, 1, "b", 2, False, "B"), (4, 2, "z", 3, False, "Z")]
    assert [(1, 1, "a", 1, False, None), *again] == events(desk)

    go_back(desk, "m2", to="r3")
    assert [(1, "a", 1, 2), (1, "b", 2, None), (2, "z", 3, None)] == versions(desk)
    assert [(1, 1, "a", 1, False, None), (2, 1, "b", 2, False, None), (3, 2, "z", 3, False, "Z")] == events(desk)


def vault(lake):
    """Token and value of every row of the vault."""
    place = vault_location(pii_folder(lake.lake_root), TableName.parse(SILVER))
    return sorted(tuple(row) for row in lake.spark.read.format("delta").load(place).select("token", "value").collect())


def test_tokens_that_a_rollback_brings_back_stand_for_their_values_again(desk, monkeypatch):
    name, closed = "{name: name, logicalType: string, physicalType: string,", "classification: restricted,"
    tokens = f"{name} {closed} customProperties: [{{property: treatment, value: tokenize}}],"
    desk.amend(BRONZE, name, f"{name} {closed}")
    desk.files[SILVER] = contract(SILVER, PEOPLE.replace(name, tokens), LATEST)
    bring(desk, "r1", "1,Ann,U,1", "2,Bob,U,1")
    first, shown = vault(desk), desk.rows(SILVER)
    assert {"Ann", "Bob"} == {value for _, value in first}

    # It has no tokens any more, and then it has those that are new since.
    desk.amend(SILVER, "tokenize", "hmac")
    desk.amend(SILVER, "version: 1.0.0", "version: 2.0.0")
    bring(desk, "r2")
    assert [] == vault(desk)
    desk.amend(SILVER, "hmac", "tokenize")
    desk.amend(SILVER, "version: 2.0.0", "version: 3.0.0")
    desk.spark.sql(f"DELETE FROM delta.`{desk.location(BRONZE)}` WHERE name = 'Ann'")
    bring(desk, "r3", "2,Cy,U,3")
    third = vault(desk)
    assert [("Cy", False)] == [(value, (token, value) in first) for token, value in third]

    # A half-committed batch does not take back what the rollback brings.
    with monkeypatch.context() as dying:
        dying.setattr("jobs.refine.flow.land", lambda *_, **__: 1 / 0)
        desk.land(BRONZE, HEADER, f"3,Di,U,{day(4)}")
        desk.run("r4", DAY)
    went = desk.upkeep("m1", rollback="r1").outcomes[SILVER]
    assert (Status.SUCCEEDED, shown) == (went.status, desk.rows(SILVER))
    assert {*first, *third} < {*vault(desk)}
    desk.amend(SILVER, "version: 3.0.0", "version: 1.0.0")
    bring(desk, "r5")
    assert {"Ann", "Bob", "Cy", "Di"} == {value for _, value in vault(desk)}
    assert len({token for token, _ in vault(desk)}) == len(vault(desk))


def test_rows_that_upkeep_deleted_are_gone_again_after_a_rollback_to_that_upkeep(desk):
    """The two versions have the same last batch."""
    bring(desk, "r1", "1,a,U,1", "2,b,U,2")
    with leased(lease_table(ENV), SILVER, "u1/a1") as lease, carrying_on(desk.spark, desk.location(SILVER), lease):
        DeltaTable.forPath(desk.spark, desk.location(SILVER)).delete("person_id = 1")
    desk.run("u1", (Step.RECORD,))

    desk.upkeep("m1", rollback="r1")
    assert [(1, "a", 1, None), (2, "b", 2, None)] == versions(desk)
    desk.upkeep("m2", rollback="u1")
    assert [(2, "b", 2, None)] == versions(desk)
    before = desk.versions()
    assert {Status.UNCHANGED} == {o.status for o in desk.upkeep("m3", rollback="u1").outcomes.values()}
    assert before == desk.versions()
