"""How far an input is consumed: only another table at its location is read from the start."""

import shutil
from datetime import date, datetime
from decimal import Decimal

import pytest

from jobs.refine import flow as flow_module
from jobs.refine.consumed import consumed_of
from jobs.runtime.position import TablePosition
from shared.jobs import Status, Step
from tests.support.people import PEOPLE
from tests.support.small_contracts import bronze, contract
from tests.support.small_lake import MAKING_STEPS

pytestmark = pytest.mark.extra

INGEST_AND_REFINE = (Step.INGEST, Step.REFINE)
CUSTOMERS = "customer_id,name,changed_at"
ORDERS = "order_id,customer_id,amount_eur,state,changed_at"
TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
AT_TEN, AT_ELEVEN = datetime.fromisoformat(TEN), datetime.fromisoformat(ELEVEN)
HISTORY = {
    "writeDisposition": "merge",
    "sequenceBy": "[changed_at]",
    "applyAsDeletes": "\"op = 'D'\"",
    "storedAsScdType": "2",
    "eventRetention": "10 days",
}


def move_away(lake, table):
    shutil.move(lake.location(table), lake.root / f"{table} of before")


@pytest.fixture
def shop(small_lake):
    """Customer 1 arrived with the first batch, which was consumed."""
    small_lake.only("bronze.shop__customers", "silver.customers")
    small_lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}")
    small_lake.run("r1", INGEST_AND_REFINE)
    return small_lake


@pytest.mark.parametrize(
    "noted, expected",
    [
        pytest.param(None, 0, id="nothing yet"),
        pytest.param({}, 0, id="nothing of this input"),
        pytest.param({"bronze.a": 7}, 7, id="by a release that noted no ids"),
        pytest.param({"bronze.a": 7, "ids": {"bronze.b": "old"}}, 7, id="the id of another input"),
        pytest.param({"bronze.a": 7, "ids": {"bronze.a": "new"}}, 7, id="the same table"),
        pytest.param({"bronze.a": 7, "ids": {"bronze.a": "old"}}, 0, id="another table at its place"),
    ],
)
def test_a_number_counts_for_the_table_that_it_was_noted_of(noted, expected):
    assert expected == consumed_of(noted, "bronze.a", TablePosition(version=9, flows={}, table_id="new"))


@pytest.mark.parametrize("batches", [1, 2], ids=["as many batches as before", "more batches than before"])
def test_an_input_built_anew_is_read_from_its_start_whatever_its_number(shop, batches):
    move_away(shop, "bronze.shop__customers")
    shop.land("bronze.shop__customers", CUSTOMERS, f"2,Bob,{TEN}", f"1,Anna,{ELEVEN}")
    ran = shop.run("r2", INGEST_AND_REFINE if batches == 1 else (Step.INGEST,))
    if batches > 1:
        shop.land("bronze.shop__customers", CUSTOMERS, f"3,Cy,{TEN}")
        ran = shop.run("r3", INGEST_AND_REFINE)
    third = [(3, "Cy", AT_TEN)] if batches > 1 else []
    assert [(1, "Anna", AT_ELEVEN), (2, "Bob", AT_TEN), *third] == shop.rows("silver.customers")
    read = {"read": 3 + len(third), "inserted": 1 + len(third), "updated": 1, "superseded": 1}
    assert read == ran.books("silver.customers")

    # From then on that table counts as consumed.
    shop.land("bronze.shop__customers", CUSTOMERS, f"4,Di,{TEN}")
    assert {"read": 1, "inserted": 1} == shop.run("r4", INGEST_AND_REFINE).books("silver.customers")
    assert Status.UNCHANGED is shop.run("r5", INGEST_AND_REFINE).outcomes["silver.customers"].status


def test_a_position_without_ids_still_counts(shop, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(flow_module, "consumed_upto", lambda name, batch, _position: {name: batch})
        shop.land("bronze.shop__customers", CUSTOMERS, f"2,Bob,{TEN}")
        shop.run("r2", INGEST_AND_REFINE)
    assert Status.UNCHANGED is shop.run("r3", INGEST_AND_REFINE).outcomes["silver.customers"].status
    shop.land("bronze.shop__customers", CUSTOMERS, f"3,Cy,{TEN}")
    assert {"read": 1, "inserted": 1} == shop.run("r4", INGEST_AND_REFINE).books("silver.customers")
    assert [(1, "Ann", AT_TEN), (2, "Bob", AT_TEN), (3, "Cy", AT_TEN)] == shop.rows("silver.customers")


def test_a_rewrite_and_a_rollback_leave_it_the_same_table(shop):
    note = "      - {name: note, logicalType: string, physicalType: string, description: Text.}\n"
    end = "    customProperties:\n      - {property: writeDisposition"
    shop.amend("bronze.shop__customers", end, note + end)
    shop.land("bronze.shop__customers", CUSTOMERS + ",note", f"2,Bob,{TEN},word")
    shop.run("r2", MAKING_STEPS)
    shop.amend("bronze.shop__customers", note, "")
    shop.amend("bronze.shop__customers", "version: 1.0.0", "version: 2.0.0")
    shop.land("bronze.shop__customers", CUSTOMERS, f"3,Cy,{TEN}")
    assert {"read": 1, "inserted": 1} == shop.run("r3", INGEST_AND_REFINE).books("silver.customers")

    shop.upkeep("back", rollback="r2")
    assert [(1, "Ann", AT_TEN), (2, "Bob", AT_TEN)] == shop.rows("silver.customers")
    assert {"read": 1, "inserted": 1} == shop.run("r4", INGEST_AND_REFINE).books("silver.customers")
    assert [(1, "Ann", AT_TEN), (2, "Bob", AT_TEN), (3, "Cy", AT_TEN)] == shop.rows("silver.customers")


def test_held_rows_that_come_again_are_held_once_and_those_that_do_not_stay(small_lake):
    lake = small_lake
    lake.only("bronze.shop__customers", "silver.customers", "bronze.shop__orders", "silver.orders")
    lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}")
    old = lake.land("bronze.shop__orders", ORDERS, f"10,1,-1,new,{TEN}", f"11,9,1,new,{TEN}")
    lake.run("r1", (Step.INGEST,))
    lake.land("bronze.shop__orders", ORDERS, f"12,1,-3,new,{TEN}", f"13,1,4,new,{TEN}")
    lake.run("r2", INGEST_AND_REFINE)

    # The source no longer has the first file.
    move_away(lake, "bronze.shop__orders")
    old.unlink()
    # And the text of a row has one more column now.
    at = "      - {name: changed_at, logicalType"
    state = "{name: was, logicalType: string, physicalType: string, transformLogic: state, description: State.}"
    lake.amend("silver.orders", at, f"      - {state}\n{at}")
    lake.land("bronze.shop__orders", ORDERS, f"15,1,-6,new,{TEN}")
    ran = lake.run("r3", INGEST_AND_REFINE)
    assert {"read": 3, "updated": 1, "quarantined": 2} == ran.books("silver.orders")
    assert [(13, 1, Decimal("4.00"), "new", "new", AT_TEN)] == lake.rows("silver.orders")
    negative, orphan = ["amount_not_negative"], ["customer_id_exists"]
    expected = [
        (1, negative, '{"order_id":10}', "-1"),
        (1, orphan, '{"order_id":11}', "1"),
        (2, negative, '{"order_id":12}', "-3"),
        (2, negative, '{"order_id":15}', "-6"),
    ]
    told = [
        (b, rules, key, row.partition('"amount_eur":"')[2].partition('"')[0]) for b, rules, _, key, row in held(lake)
    ]
    assert expected == told


def held(lake):
    return sorted(lake.refused("silver.orders"), key=lambda row: row[3])


def day(number):
    return datetime(2026, 1, number)  # noqa: DTZ001 - the source's times are UTC and say no zone


def test_a_history_takes_the_past_of_an_input_built_anew_into_the_one_that_is_frozen(small_lake):
    lake = small_lake
    lake.files = {
        "bronze.desk__people": bronze("bronze.desk__people", "append", "person_id", "name", "op", "changed_at"),
        "silver.people": contract("silver.people", PEOPLE, HISTORY),
    }

    def bring(run, *lines, today):
        file = lake.land("bronze.desk__people", "person_id,name,op,changed_at", *lines)
        return file, lake.run(run, INGEST_AND_REFINE, business_date=date(2026, 1, today))

    # 1 changed twice, 2 was deleted and came back, 3 was deleted; 4 is in a file that the source will lose.
    past = [f"1,a,U,{day(1)}", f"1,b,U,{day(3)}", f"2,a,U,{day(1)}", f"2,,D,{day(2)}", f"2,c,U,{day(4)}"]
    bring("r1", *past, f"3,a,U,{day(1)}", f"3,,D,{day(5)}", today=5)
    gone, _ = bring("r2", f"4,a,U,{day(2)}", f"4,b,U,{day(4)}", f"1,c,U,{day(5)}", today=5)
    bring("r3", f"1,d,U,{day(19)}", f"4,c,U,{day(19)}", today=20)
    frozen = [
        (1, "a", day(1), day(1), day(3)),
        (1, "b", day(3), day(3), day(5)),
        (1, "c", day(5), day(5), day(19)),
        (1, "d", day(19), day(19), None),
        (2, "a", day(1), day(1), day(2)),
        (2, "c", day(4), day(4), None),
        (3, "a", day(1), day(1), day(5)),
        (4, "a", day(2), day(2), day(4)),
        (4, "b", day(4), day(4), day(19)),
        (4, "c", day(19), day(19), None),
    ]
    assert frozen == versions(lake)

    # All that the source still has arrives again, and of 2 and 4 past events that were not known.
    move_away(lake, "bronze.desk__people")
    gone.unlink()
    _, ran = bring("r4", f"2,b,U,{day(3)}", f"4,z,U,{day(3)}", f"4,e,U,{day(20)}", today=20)
    expected = [
        *frozen[:5],
        (2, "b", day(3), day(3), day(4)),
        *frozen[5:7],
        (4, "a", day(2), day(2), day(3)),
        (4, "z", day(3), day(3), day(4)),
        frozen[8],
        (4, "c", day(19), day(19), day(20)),
        (4, "e", day(20), day(20), None),
    ]
    assert expected == versions(lake)
    assert [] == lake.refused("silver.people")
    # Two events of the 19th are known; the seven past ones are recorded again, and deleted with those of their month.
    books = {"read": 12, "superseded": 2, "recorded": 10, "inserted": 3, "updated": 2}
    assert books == ran.books("silver.people")

    _, ran = bring("r5", f"1,late,U,{day(6)}", f"1,e,U,{day(20)}", today=20)
    assert {"read": 2, "quarantined": 1, "recorded": 1, "inserted": 1, "updated": 1} == ran.books("silver.people")
    later = [(1, "d", day(19), day(19), day(20)), (1, "e", day(20), day(20), None)]
    assert [*expected[:3], *later, *expected[4:]] == versions(lake)


def versions(lake):
    rows = lake.frame("silver.people").select("person_id", "name", "changed_at", "valid_from", "valid_to", "is_current")
    found = sorted((tuple(row) for row in rows.collect()), key=lambda row: (row[0], row[3]))
    assert [row[4] is None for row in found] == [row[5] for row in found]
    return [row[:5] for row in found]
