"""Brings a silver table up to date: the fates of dirty, late, doubled and missing rows."""

import shutil
from datetime import datetime
from decimal import Decimal

import pytest

from jobs.refine.flow import NOT_WHOLE
from jobs.runtime import merge
from shared.jobs import Status, Step
from tests.support.small_contracts import bronze, contract

INGEST_AND_REFINE = (Step.INGEST, Step.REFINE)
CUSTOMERS = "customer_id,name,changed_at"
ORDERS = "order_id,customer_id,amount_eur,state,changed_at"
STOCK = "product,pieces"
TEN, ELEVEN, NOON = "2026-01-01 10:00:00", "2026-01-01 11:00:00", "2026-01-01 12:00:00"


def at(text):
    return datetime.fromisoformat(text)


def raw(order, customer, amount, state, changed):
    """An order as the quarantine has it."""
    values = {"order_id": order, "customer_id": customer, "amount_eur": amount, "state": state, "changed_at": changed}
    parts = [f'"{k}":' + ("null" if v is None else f'"{v}"') for k, v in values.items()]
    return "{" + ",".join(parts) + "}"


@pytest.fixture
def shop(small_lake):
    """Customers 1 and 2 are known."""
    small_lake.only("bronze.shop__customers", "silver.customers", "bronze.shop__orders", "silver.orders")
    small_lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}", f"2, Bob ,{TEN}")
    return small_lake


def test_good_rows_are_merged_and_every_other_row_says_why_not(shop):
    shop.land(
        "bronze.shop__orders",
        ORDERS,
        f"10,1,5.00,new,{TEN}",
        f"10,1,6.00,paid,{ELEVEN}",
        f"10,1,6.00,paid,{ELEVEN}",
        f"11,2,7.5,,{TEN}",
        f"12,,0,new,{TEN}",
        f"13,1,5000,new,{TEN}",
        f",1,1.00,new,{TEN}",
        f"x1,1,1.00,new,{TEN}",
        "14,1,1.00,new,",
        "15,1,1.00,new,yesterday",
        f"16,1,1 EUR,new,{TEN}",
        f"17,1,,new,{TEN}",
        f"18,9,1.00,new,{TEN}",
        f"19,1,-0.01,new,{TEN}",
        f"20,9,-2,new,{TEN}",
        f"10,1,oops,void,{NOON}",
    )
    ran = shop.run("r1", INGEST_AND_REFINE)
    assert [
        (10, 1, Decimal("6.00"), "paid", at(ELEVEN)),
        (11, 2, Decimal("7.50"), None, at(TEN)),
        (12, None, Decimal("0.00"), "new", at(TEN)),
        (13, 1, Decimal("5000.00"), "new", at(TEN)),
    ] == shop.rows("silver.orders")
    refused = [
        (5 + 3, ["order_id_required"], None, raw(None, "1", "1.00", "new", TEN)),
        (9, ["order_id_type"], None, raw("x1", "1", "1.00", "new", TEN)),
        (10, ["changed_at_required"], 14, raw("14", "1", "1.00", "new", None)),
        (11, ["changed_at_type"], 15, raw("15", "1", "1.00", "new", "yesterday")),
        (12, ["amount_eur_type"], 16, raw("16", "1", "1 EUR", "new", TEN)),
        (13, ["amount_eur_required"], 17, raw("17", "1", None, "new", TEN)),
        (14, ["customer_id_exists"], 18, raw("18", "9", "1.00", "new", TEN)),
        (15, ["amount_not_negative"], 19, raw("19", "1", "-0.01", "new", TEN)),
        (16, ["amount_not_negative", "customer_id_exists"], 20, raw("20", "9", "-2", "new", TEN)),
        (17, ["amount_eur_type"], 10, raw("10", "1", "oops", "void", NOON)),
    ]
    expected = [
        (1, rules, f"shop__orders/002.csv#{line}", f'{{"order_id":{"null" if key is None else key}}}', row)
        for line, rules, key, row in refused
    ]
    assert sorted(expected, key=str) == shop.refused("silver.orders")
    # Bronze keeps the same row sent twice, since its key has other rows, and no cursor says which is the newest.
    assert {"read": 16, "inserted": 16} == ran.books("bronze.shop__orders")
    assert {"read": 16, "inserted": 4, "superseded": 2, "quarantined": 10} == ran.books("silver.orders")
    assert {"amount_usual": 1} == ran.outcomes["silver.orders"].warnings


def test_late_and_repeated_rows_do_not_overwrite_newer_ones(shop):
    shop.land("bronze.shop__orders", ORDERS, f"10,1,5,a,{ELEVEN}", f"11,1,5,m,{ELEVEN}", f"12,1,5,a,{ELEVEN}")
    shop.run("r1", INGEST_AND_REFINE)
    shop.land(
        "bronze.shop__orders",
        ORDERS,
        f"10,1,4,late,{TEN}",
        f"11,1,5,b,{ELEVEN}",
        f"11,1,5,x,{ELEVEN}",
        f"12,1,6,newer,{NOON}",
        f"12,1,5.5,late too,{TEN}",
        f"13,2,1,new,{TEN}",
    )
    ran = shop.run("r2", INGEST_AND_REFINE)
    after = [
        (10, 1, Decimal("5.00"), "a", at(ELEVEN)),
        (11, 1, Decimal("5.00"), "x", at(ELEVEN)),
        (12, 1, Decimal("6.00"), "newer", at(NOON)),
        (13, 2, Decimal("1.00"), "new", at(TEN)),
    ]
    assert after == shop.rows("silver.orders")
    assert {"read": 6, "inserted": 1, "updated": 2, "superseded": 3} == ran.books("silver.orders")

    # Delivered again in files of other names, in another order: bronze keeps rows that differ from the latest it has.
    shop.land("bronze.shop__orders", ORDERS, f"12,1,5,a,{ELEVEN}", f"10,1,5,a,{ELEVEN}", f"13,2,1,new,{TEN}")
    version = shop.versions()["silver/orders"]
    ran = shop.run("r3", INGEST_AND_REFINE)
    assert after == shop.rows("silver.orders")
    assert {"read": 2, "superseded": 2} == ran.books("silver.orders")
    # A batch without effect moves the position on, so that it is not read again.
    assert version + 1 == shop.versions()["silver/orders"]
    assert Status.UNCHANGED is shop.run("r4", INGEST_AND_REFINE).outcomes["silver.orders"].status
    assert version + 1 == shop.versions()["silver/orders"]


def test_a_snapshot_deletes_what_it_lacks_but_never_for_a_row_it_could_not_read(small_lake):
    lake = small_lake
    lake.only("bronze.shop__stock", "silver.stock")
    lake.land("bronze.shop__stock", STOCK, "a,1", "b,2", "c,3", "d,4")
    lake.run("r1", INGEST_AND_REFINE)

    lake.land("bronze.shop__stock", STOCK, "a,10", "b,two", "d,4", "e,5")
    ran = lake.run("r2", INGEST_AND_REFINE)
    assert [("a", 10), ("b", 2), ("d", 4), ("e", 5)] == lake.rows("silver.stock")
    books = {"read": 4, "inserted": 1, "updated": 1, "deleted": 1, "superseded": 1, "quarantined": 1}
    assert books == ran.books("silver.stock")
    row = '{"product":"b","pieces":"two"}'
    assert [(2, ["pieces_type"], "shop__stock/002.csv#3", '{"product":"b"}', row)] == lake.refused("silver.stock")

    for run_id, unreadable in (("r3", "e,5,5"), ("r4", ",7")):
        lake.land("bronze.shop__stock", STOCK, "a,1", unreadable)
        ran = lake.run(run_id, INGEST_AND_REFINE)
        assert ["a", "b", "d", "e"] == [key for key, _ in lake.rows("silver.stock")]
        assert {NOT_WHOLE: 1} == ran.outcomes["silver.stock"].warnings

    lake.land("bronze.shop__stock", STOCK, "a,1")
    ran = lake.run("r5", INGEST_AND_REFINE)
    assert [("a", 1)] == lake.rows("silver.stock")
    assert {"read": 1, "deleted": 3, "superseded": 1} == ran.books("silver.stock")


def test_a_table_whose_parent_was_never_written_is_not_judged(shop):
    shop.land("bronze.shop__orders", ORDERS, f"10,1,5,new,{TEN}")
    unread = shop.run("r0", (Step.REFINE,), tables=("silver.orders",)).outcomes["silver.orders"]
    assert unread.failure.message == (
        "bronze.shop__orders has not been written yet; given: silver.orders reads it; expected: an earlier step or run "
        "to have written it; to fix: run bronze.shop__orders first: --select +silver.orders; if it is unchanged then, "
        "its source has nothing yet, and the run says what was looked for"
    )
    shop.run("r1", (Step.INGEST,))
    failed = shop.run("r1", (Step.REFINE,), tables=("silver.orders",)).outcomes["silver.orders"]
    assert ("PositionLostError", False) == (failed.failure.error, failed.failure.retryable)
    assert failed.failure.message.startswith("silver.customers has not been written yet")
    assert {"bronze/shop__customers", "bronze/shop__orders"} == set(shop.versions())


def test_an_input_that_was_built_anew_is_read_anew(shop):
    shop.only("bronze.shop__customers", "silver.customers")
    shop.run("r1", INGEST_AND_REFINE)
    shop.land("bronze.shop__customers", CUSTOMERS, f"3,Cy,{TEN}")
    shop.run("r2", INGEST_AND_REFINE)
    shutil.rmtree(shop.location("bronze.shop__customers"))
    shop.land("bronze.shop__customers", CUSTOMERS, f"1,Anna,{ELEVEN}")
    ran = shop.run("r3", INGEST_AND_REFINE)
    assert {"read": 4, "updated": 1, "superseded": 3} == ran.books("silver.customers")
    assert [(1, "Anna", at(ELEVEN)), (2, "Bob", at(TEN)), (3, "Cy", at(TEN))] == shop.rows("silver.customers")


STAFF = """\
      - name: person_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        transformSourceObjects: [bronze.desk__staff]
        description: Number.
      - name: boss_id
        logicalType: integer
        physicalType: bigint
        relationships: [{to: staff.person_id}]
        description: Who leads.
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}
"""


def test_a_table_may_be_its_own_parent(small_lake):
    lake = small_lake
    lake.files = {
        "bronze.desk__staff": bronze("bronze.desk__staff", "append", "person_id", "boss_id", "changed_at"),
        "silver.staff": contract("silver.staff", STAFF, {"writeDisposition": "merge", "sequenceBy": "[changed_at]"}),
    }
    header = "person_id,boss_id,changed_at"
    lake.land("bronze.desk__staff", header, f"1,,{TEN}", f"2,1,{TEN}", f"3,9,{TEN}", f"4,x,{TEN}", f"5,4,{TEN}")
    lake.run("r1", INGEST_AND_REFINE)
    assert [(1, None, at(TEN)), (2, 1, at(TEN))] == lake.rows("silver.staff")
    assert [["boss_id_exists"], ["boss_id_exists"], ["boss_id_type"]] == sorted(
        r[1] for r in lake.refused("silver.staff")
    )
    lake.land("bronze.desk__staff", header, f"6,2,{TEN}", f"7,6,{TEN}", f"2,1,{ELEVEN}")
    ran = lake.run("r2", INGEST_AND_REFINE)
    assert {"read": 3, "inserted": 2, "updated": 1} == ran.books("silver.staff")


SIZES = """\
      - name: product
        logicalType: string
        physicalType: string
        primaryKey: true
        primaryKeyPosition: 1
        description: Product.
      - name: size
        logicalType: string
        physicalType: string
        primaryKey: true
        primaryKeyPosition: 2
        transformSourceObjects: [bronze.desk__sizes]
        description: Size.
      - {name: pieces, logicalType: integer, physicalType: int, description: Pieces.}
      - {name: batch_number, logicalType: integer, physicalType: bigint, description: Batch.}
      - name: line
        logicalType: integer
        physicalType: int
        transformLogic: "element_at(split(_source_position, '#'), -1)"
        description: Line in the file.
"""
SIZES_SQL = """\
SELECT product, size, pieces, _sequence AS batch_number, _sequence, _source_position
FROM batch UNPIVOT (pieces FOR size IN (small, large))
"""


def test_a_row_local_query_makes_many_rows_of_one_and_each_is_judged(small_lake):
    lake = small_lake
    lake.files = {
        "bronze.desk__sizes": bronze("bronze.desk__sizes", "append", "product", "small", "large"),
        "silver.sizes": contract("silver.sizes", SIZES, {"writeDisposition": "merge", "sequenceBy": "[batch_number]"}),
        "silver.sizes.sql": SIZES_SQL,
    }
    lake.land("bronze.desk__sizes", "product,small,large", "a,1,2", "b,3,many")
    ran = lake.run("r1", INGEST_AND_REFINE)
    assert [("a", "large", 2, 1, 2), ("a", "small", 1, 1, 2), ("b", "small", 3, 1, 3)] == lake.rows("silver.sizes")
    assert {"read": 4, "inserted": 3, "quarantined": 1} == ran.books("silver.sizes")
    row = '{"product":"b","size":"large","pieces":"many","batch_number":1,"line":"3"}'
    key = '{"product":"b","size":"large"}'
    assert [(1, ["pieces_type"], "desk__sizes/001.csv#3", key, row)] == lake.refused("silver.sizes")


def test_an_engine_that_did_something_else_than_the_batch_says_is_found_out(shop, monkeypatch):
    shop.only("bronze.shop__customers", "silver.customers")
    shop.run("r1", INGEST_AND_REFINE)
    write = merge.write_effective

    def half(flow, rows, *others):
        write(flow, rows.where("customer_id <> 2"), *others)

    monkeypatch.setattr(merge, "write_effective", half)
    shop.land("bronze.shop__customers", CUSTOMERS, f"1,Anna,{ELEVEN}", f"2,Bobby,{ELEVEN}")
    failed = shop.run("r2", INGEST_AND_REFINE).outcomes["silver.customers"].failure
    assert "UnbalancedBooksError" == failed.error
    assert "given: numTargetRowsUpdated = 1 in version 2; expected: updated = 2" in failed.message
