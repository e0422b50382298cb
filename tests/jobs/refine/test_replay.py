"""Refused rows that are read again: late parents, corrected rules, and deaths in between. The books always balance."""

from datetime import datetime
from decimal import Decimal

import pytest

from jobs.refine import flow as flow_module
from shared.jobs import Replay, Status, Step
from tests.support.small_contracts import bronze, contract
from tests.support.small_lake import lease_account

pytestmark = pytest.mark.extra

INGEST_AND_REFINE = (Step.INGEST, Step.REFINE)
CUSTOMERS = "customer_id,name,changed_at"
ORDERS = "order_id,customer_id,amount_eur,state,changed_at"
TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
REPLAY = Replay(table="silver.orders")


@pytest.fixture(scope="module")
def first_day(module_lake):
    """Customer 1 is known; orders 11 to 13 are refused, the last two not only for a missing customer."""
    module_lake.only("bronze.shop__customers", "silver.customers", "bronze.shop__orders", "silver.orders")
    module_lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}")
    orders = (f"10,1,5,new,{TEN}", f"11,9,1,new,{TEN}", f"12,9,-2,new,{TEN}", f"13,1,-3,new,{TEN}")
    module_lake.land("bronze.shop__orders", ORDERS, *orders)
    with lease_account():
        module_lake.run("r1", INGEST_AND_REFINE)
    return module_lake


@pytest.fixture
def shop(first_day, tmp_path, leases):
    """A copy of the first day."""
    return first_day.copied(tmp_path)


def orders(lake):
    return {row[0]: row[3] for row in lake.rows("silver.orders")}


def held(lake, table="silver.orders"):
    """The order or key, the batch and the rules of each refused row."""
    return sorted((row[3], row[0], *row[1]) for row in lake.refused(table))


def key(number):
    return f'{{"order_id":{number}}}'


def test_an_orphan_comes_in_by_itself_as_soon_as_its_parent_is_there(shop):
    both = (key(12), 1, "amount_not_negative", "customer_id_exists")
    refused = [(key(11), 1, "customer_id_exists"), both, (key(13), 1, "amount_not_negative")]
    assert refused == held(shop)

    # Another parent arrived, but not this one: nothing is written, though the rows were tried.
    versions = shop.versions()
    shop.land("bronze.shop__customers", CUSTOMERS, f"2,Bob,{TEN}")
    assert Status.UNCHANGED is shop.run("r2", INGEST_AND_REFINE).outcomes["silver.orders"].status
    same = ("silver/orders", "quarantine/silver/orders")
    assert [versions[place] for place in same] == [shop.versions()[place] for place in same]

    # And a key that is written differently by now is the same key.
    whole = "logicalType: integer\n        physicalType: bigint\n        primaryKey"
    shop.amend("silver.orders", whole, "logicalType: number\n        physicalType: decimal(22,2)\n        primaryKey")
    shop.land("bronze.shop__customers", CUSTOMERS, f"9,Zoe,{TEN}")
    ran = shop.run("r3", INGEST_AND_REFINE)
    assert {10: "new", 11: "new"} == orders(shop)
    assert {"read": 1, "inserted": 1} == ran.books("silver.orders")
    assert [both, (key(13), 1, "amount_not_negative")] == held(shop)
    assert Status.UNCHANGED is shop.run("r4", INGEST_AND_REFINE).outcomes["silver.orders"].status


def test_orphans_of_many_batches_are_sought_from_the_first_to_the_last(shop, monkeypatch):
    for number in (21, 22, 23):
        shop.land("bronze.shop__orders", ORDERS, f"{number},9,1,new,{TEN}")
        shop.run(f"orphan{number}", INGEST_AND_REFINE)
    plans, replay = [], flow_module.rows_to_replay

    def seen(*given):
        found = replay(*given)
        plans.append(found.rows._jdf.queryExecution().optimizedPlan().toString())
        return found

    monkeypatch.setattr(flow_module, "rows_to_replay", seen)
    shop.land("bronze.shop__customers", CUSTOMERS, f"9,Zoe,{TEN}")
    shop.run("r2", INGEST_AND_REFINE)
    assert {10: "new", 11: "new", 21: "new", 22: "new", 23: "new"} == orders(shop)
    [plan] = plans
    assert (True, False) == ("_sequence" in plan, " IN (" in plan)


def test_a_replay_reads_refused_rows_again_by_the_rules_of_today(shop):
    shop.land("bronze.shop__customers", CUSTOMERS, f"9,Zoe,{TEN}")
    shop.land("bronze.shop__orders", ORDERS, f"13,1,3,paid,{ELEVEN}")
    ran = shop.run("r2", INGEST_AND_REFINE, replay=Replay(table="silver.orders", rule="no_such_rule"))
    assert {"read": 1, "inserted": 1} == ran.books("silver.orders")
    # A replay of one rule tries no other row: the row without a parent is left for the next run.
    assert {10: "new", 13: "paid"} == orders(shop)
    assert {"read": 1, "inserted": 1} == shop.run("r2b", INGEST_AND_REFINE).books("silver.orders")

    shop.amend("silver.orders", "amount_eur < 0", "amount_eur < -2")
    ran = shop.run("r3", INGEST_AND_REFINE, replay=Replay(table="silver.orders", rule="amount_not_negative"))
    assert {10: "new", 11: "new", 12: "new", 13: "paid"} == orders(shop)
    assert Decimal("-2.00") == next(row[2] for row in shop.rows("silver.orders") if row[0] == 12)
    # Order 13 is still refused; if it had been good, its newer version would have stayed.
    assert {"read": 2, "inserted": 1, "quarantined": 1} == ran.books("silver.orders")
    assert [(key(13), 4, "amount_not_negative")] == held(shop)

    shop.amend("silver.orders", "amount_eur < -2", "amount_eur < -9")
    ran = shop.run("r4", INGEST_AND_REFINE, replay=REPLAY)
    assert {"read": 1, "superseded": 1} == ran.books("silver.orders")
    assert {10: "new", 11: "new", 12: "new", 13: "paid"} == orders(shop)
    assert [] == held(shop)
    assert Status.UNCHANGED is shop.run("r5", INGEST_AND_REFINE, replay=REPLAY).outcomes["silver.orders"].status


def test_a_replay_that_dies_between_its_commits_loses_nothing(shop, monkeypatch):
    before = held(shop)
    shop.land("bronze.shop__customers", CUSTOMERS, f"9,Zoe,{TEN}")
    shop.run("r1b", INGEST_AND_REFINE, tables=("+silver.customers",))
    with monkeypatch.context() as patch:
        patch.setattr(flow_module, "land", lambda *_, **__: 1 / 0)
        for run in ("r2", "r3"):
            assert Status.FAILED is shop.run(run, INGEST_AND_REFINE, replay=REPLAY).outcomes["silver.orders"].status
        # Order 11 has left the quarantine, and is not in its table yet.
        assert [key(12), key(13)] == [row[0] for row in held(shop)]

    asked = Replay(table="silver.orders", rule="no_such_rule")
    assert Status.UNCHANGED is shop.run("r4", INGEST_AND_REFINE, replay=asked).outcomes["silver.orders"].status
    assert before == held(shop)
    assert {"read": 1, "inserted": 1} == shop.run("r5", INGEST_AND_REFINE).books("silver.orders")
    assert {10: "new", 11: "new"} == orders(shop)
    assert before[1:] == held(shop)


def test_a_try_by_another_contract_than_the_one_that_died_decides_the_batch_anew(shop, monkeypatch):
    """The quarantine of the first try is out, what a broken contract would do is told, and nothing stands twice."""
    shop.land("bronze.shop__orders", ORDERS, f"14,1,-4,new,{TEN}", f"15,1,5,new,{TEN}", f"16,1,50,new,{TEN}")
    with monkeypatch.context() as patch:
        patch.setattr(flow_module, "land", lambda *_, **__: 1 / 0)
        assert Status.FAILED is shop.run("r2", INGEST_AND_REFINE).outcomes["silver.orders"].status
    first = held(shop)
    assert (key(14), 2, "amount_not_negative") in first

    state = "      - {name: state, logicalType: string, physicalType: string, description: State.}\n"
    shop.amend("silver.orders", state, "")
    failed = shop.run("r2", (Step.REFINE,)).outcomes["silver.orders"].failure
    assert ("ContractError", False) == (failed.error, failed.retryable)
    assert first == held(shop)

    shop.amend("silver.orders", "      - {name: changed_at", f"{state}      - {{name: changed_at")
    shop.amend("silver.orders", "amount_eur < 0", "amount_eur < -9 OR amount_eur > 9")
    ran = shop.run("r2", INGEST_AND_REFINE)
    assert {"read": 3, "inserted": 2, "quarantined": 1} == ran.books("silver.orders")
    assert {10: "new", 14: "new", 15: "new"} == orders(shop)
    refused = [row for row in first if row[1] == 1]
    assert [*refused, (key(16), 2, "amount_not_negative")] == held(shop)
    fingerprint = shop.catalog.table("silver.orders").fingerprint
    kept = shop.spark.read.format("delta").load(shop.quarantine_location("silver.orders")).where("batch = 2")
    assert [fingerprint] == [row["contract"] for row in kept.collect()]
    assert Status.UNCHANGED is shop.run("r3", INGEST_AND_REFINE).outcomes["silver.orders"].status


def test_a_row_that_bronze_has_no_more_stays_in_quarantine(shop):
    shop.spark.sql(f"DELETE FROM delta.`{shop.location('bronze.shop__orders')}` WHERE order_id IN ('11', '13')")
    shop.land("bronze.shop__customers", CUSTOMERS, f"9,Zoe,{TEN}")
    ran = shop.run("r2", INGEST_AND_REFINE, replay=REPLAY)
    assert {"read": 1, "quarantined": 1} == ran.books("silver.orders")
    orphan, negative = "customer_id_exists", "amount_not_negative"
    assert [(key(11), 1, orphan), (key(12), 2, negative), (key(13), 1, negative)] == held(shop)


PARTS = """\
      - name: product
        logicalType: string
        physicalType: string
        primaryKey: true
        primaryKeyPosition: 1
        transformSourceObjects: [bronze.desk__parts]
        relationships: [{to: goods.product}]
        description: Product.
      - {name: input_key, logicalType: string, physicalType: string, primaryKey: true, primaryKeyPosition: 2,
         description: Size.}
      - name: pieces
        logicalType: integer
        physicalType: int
        required: true
        description: Pieces.
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}
"""
# The quarantine has columns of these names too.
PARTS_SQL = """\
SELECT product, input_key, pieces, changed_at, _sequence, _source_position
FROM batch UNPIVOT (pieces FOR input_key IN (small, input_sequence))
"""
BOXES = """\
      - name: box
        logicalType: string
        physicalType: string
        primaryKey: true
        transformSourceObjects: [bronze.desk__boxes]
        description: Box.
      - name: within
        logicalType: string
        physicalType: string
        relationships: [{to: boxes.box}]
        description: The box around it.
      - name: product
        logicalType: string
        physicalType: string
        relationships: [{to: goods.product}]
        description: What is in it.
"""
GOODS = """\
      - name: product
        logicalType: string
        physicalType: string
        primaryKey: true
        transformSourceObjects: [bronze.desk__goods]
        description: Product.
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}
"""
MERGED = {"writeDisposition": "merge", "sequenceBy": "[changed_at]"}


def test_rows_of_a_query_of_a_snapshot_and_of_a_table_that_is_its_own_parent_are_found_again(small_lake):
    lake = small_lake
    goods, parts, boxes = "product,changed_at", "product,small,input_sequence,changed_at", "box,within,product"
    lake.files = {
        "bronze.desk__goods": bronze("bronze.desk__goods", "append", "product", "changed_at"),
        "silver.goods": contract("silver.goods", GOODS, MERGED),
        "bronze.desk__parts": bronze("bronze.desk__parts", "append", *parts.split(",")),
        "silver.parts": contract("silver.parts", PARTS, MERGED),
        "silver.parts.sql": PARTS_SQL,
        "bronze.desk__boxes": bronze("bronze.desk__boxes", "snapshot", "box", "within", "product"),
        "silver.boxes": contract("silver.boxes", BOXES, {"writeDisposition": "snapshot"}),
    }
    lake.land("bronze.desk__goods", goods, f"a,{TEN}")
    lake.land("bronze.desk__parts", parts, f"a,1,x,{TEN}", f"b,2,3,{TEN}", f"c,4,,{TEN}")
    lake.land("bronze.desk__boxes", boxes, "1,,a", "2,1,b", "3,2,a", "4,1,c")
    lake.run("r1", INGEST_AND_REFINE)
    # The third is within one that is refused.
    assert [("1", None, "a")] == lake.rows("silver.boxes")

    lake.land("bronze.desk__goods", goods, f"b,{TEN}")
    ran = lake.run("r2", INGEST_AND_REFINE)
    at = datetime.fromisoformat(TEN)
    assert [("a", "small", 1, at), ("b", "input_sequence", 3, at), ("b", "small", 2, at)] == lake.rows("silver.parts")
    assert {"read": 2, "inserted": 2} == ran.books("silver.parts")
    assert {"read": 4, "inserted": 2, "superseded": 1, "quarantined": 1} == ran.books("silver.boxes")
    assert [("1", None, "a"), ("2", "1", "b"), ("3", "2", "a")] == lake.rows("silver.boxes")
    assert [('{"box":"4"}', 2, "product_exists")] == held(lake, "silver.boxes")
    small_c, large_a = '{"product":"c","input_key":"small"}', '{"product":"a","input_key":"input_sequence"}'
    assert [(large_a, 1, "pieces_type"), (small_c, 1, "product_exists")] == held(lake, "silver.parts")
    assert Status.UNCHANGED is lake.run("r3", INGEST_AND_REFINE).outcomes["silver.boxes"].status
