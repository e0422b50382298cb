"""A built table follows its inputs by groups: touched ones alone are recomputed, and rows that differ written."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from jobs.build import flow as build_flow
from shared.jobs import RUN_STEPS, Status, Step
from shared.retention import HISTORY_DAYS
from tests.support.delta_tables import age_commits
from tests.support.foretold import foretold
from tests.support.frames import assert_rows
from tests.support.small_contracts import TOTALS_SQL, bronze, contract
from tests.support.small_lake import lease_account

pytestmark = [pytest.mark.slow, pytest.mark.extra]

TEN, ELEVEN, NOON = (f"2026-01-01 {hour}:00:00" for hour in (10, 11, 12))
CUSTOMERS, ORDERS = "customer_id,name,changed_at", "order_id,customer_id,amount_eur,state,changed_at"
SCHEMA = "customer_id BIGINT NOT NULL, name STRING, orders BIGINT NOT NULL, amount_eur DECIMAL(22,2)"
BUYERS = 12
# The tables that a changed order passes through; the customers stay as they are.
WAY = ("bronze.shop__orders", "silver.orders", "gold.totals")


@pytest.fixture(scope="module")
def shop(module_lake):
    """Twelve customers with an order each, but the last one with two, and their totals, kept by customer."""
    lake = module_lake
    lake.only(*[name for name in lake.files if "stock" not in name])
    lake.files["gold.totals"] += "      - {property: refreshBy, value: [customer_id]}\n"
    lake.land("bronze.shop__customers", CUSTOMERS, *[f"{i},C{i},{TEN}" for i in range(BUYERS)])
    lake.land("bronze.shop__orders", ORDERS, *[f"{10 + i},{i},5,a,{TEN}" for i in range(BUYERS)])
    lake.land("bronze.shop__orders", ORDERS, f"22,11,1,a,{TEN}")
    with lease_account():
        found = lake.run("r0", (Step.INGEST, Step.REFINE, Step.BUILD)).outcomes["gold.totals"]
    assert "rebuilt: it was not there yet" == found.reason
    return lake


@pytest.fixture
def lake(shop, tmp_path, leases):
    """A copy of the shop."""
    return shop.copied(tmp_path)


def after(lake, run_id="r1", steps=(Step.INGEST, Step.REFINE, Step.BUILD), tables=WAY):
    return lake.run(run_id, steps, tables).outcomes["gold.totals"]


def expected(**totals):
    """The totals of all customers; those that are not given are as on the first day."""
    first = {f"C{i}": (1, "5.00") for i in range(BUYERS - 1)} | {"C11": (2, "6.00")}
    rows = {**first, **totals}
    return [(int(n[1:]), n, count, Decimal(sum_)) for n, (count, sum_) in rows.items() if count]


def test_only_touched_groups_are_recomputed_and_only_what_differs_is_written(lake):
    # An order moves from customer 0 to 1, 2 gets another one, 3's changes in a column that no total reads, 11's in one
    # that does not show in a total.
    moved, another, unread = f"10,1,5,a,{ELEVEN}", f"99,2,1.25,b,{ELEVEN}", f"13,3,5,z,{ELEVEN}"
    unseen = f"21,11,2,a,{ELEVEN}", f"22,11,4,a,{ELEVEN}"
    lake.land("bronze.shop__orders", ORDERS, moved, another, unread, *unseen)
    ran = lake.run("r1", RUN_STEPS, WAY)
    reason = "refreshed 4 groups of customer_id"
    assert reason == ran.outcomes["gold.totals"].reason
    assert [reason] == [o.reason for o in lake.record("r1").outcomes if o.table == "gold.totals"]
    assert {"read": 3, "updated": 2, "superseded": 1, "deleted": 1} == ran.books("gold.totals")
    assert_rows(SCHEMA, expected(C0=(0, "0"), C1=(2, "10.00"), C2=(2, "6.25")), lake.frame("gold.totals"))


def test_what_touches_no_row_of_the_result_moves_the_position_on(lake):
    lake.land("bronze.shop__customers", CUSTOMERS, f"77,Without orders,{TEN}")
    found = after(lake, tables=())
    assert ("refreshed 1 group of customer_id", Status.SUCCEEDED, 0) == (found.reason, found.status, found.read)
    assert Status.UNCHANGED is after(lake, "r2", (Step.BUILD,)).status


def test_upkeep_of_an_input_is_no_change(lake):
    from delta.tables import DeltaTable

    before = lake.versions()["gold/totals"]
    lake.land("bronze.shop__orders", ORDERS, f"98,2,1,b,{ELEVEN}")
    lake.run("r1", (Step.INGEST, Step.REFINE), WAY)
    after(lake, "r2", (Step.BUILD,))
    DeltaTable.forPath(lake.spark, lake.location("silver.orders")).optimize().executeCompaction()
    assert ("skipped", "no input has changed") == (
        foretold(lake, "gold.totals").next,
        foretold(lake, "gold.totals").why,
    )
    assert Status.UNCHANGED is after(lake, "r3", (Step.BUILD,)).status
    assert before + 1 == lake.versions()["gold/totals"]
    # The feed then begins at that upkeep, which is older than versions are kept: but its files are still in use.
    age_commits(lake.location("silver.orders"), days=HISTORY_DAYS + 1)
    lake.land("bronze.shop__orders", ORDERS, f"98,2,2,b,{NOON}")
    assert "refreshed 1 group of customer_id" == after(lake, "r4").reason


def switch_off(lake, place):
    lake.spark.sql(f"ALTER TABLE delta.`{place}` SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false')")


def test_where_the_feed_of_an_input_does_not_tell_what_changed_the_table_is_rebuilt(lake):
    """Each case continues from the one before."""
    place = lake.location("silver.orders")
    cases = [
        (lambda: switch_off(lake, place), None, "changed its columns or properties"),
        (None, lambda: shutil.rmtree(Path(place, "_change_data")), "no longer kept"),
        (lambda: shutil.rmtree(place), None, "it was recreated"),
    ]
    for number, (before, later, words) in enumerate(cases, 1):
        if before:
            before()
        lake.land("bronze.shop__orders", ORDERS, f"10,0,{number},a,2026-01-0{number + 1} 10:00:00")
        lake.run(f"read{number}", (Step.INGEST, Step.REFINE), WAY)
        kept = foretold(lake, "gold.totals")
        if later:
            later()
            assert ("refreshed", ("customer_id",), "silver.orders changed") == (kept.next, kept.by, kept.why)
        else:
            assert (kept.next, words in kept.why) == ("rebuilt", True)
        found = after(lake, f"built{number}", (Step.BUILD,))
        assert found.reason.startswith("rebuilt: ")
        assert words in found.reason
        assert Decimal(f"{number}.00") == lake.rows("gold.totals")[0][3]
    lake.land("bronze.shop__orders", ORDERS, "10,0,8,a,2026-01-09 10:00:00")
    assert "refreshed 1 group of customer_id" == after(lake, "last").reason


LATEST = """\
SELECT CAST(f.state AS BIGINT) AS customer_id, f.state AS name, CAST(1 AS BIGINT) AS orders,
       CAST(f.amount_eur AS DECIMAL(22, 2)) AS amount_eur
FROM  (SELECT state, amount_eur, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY order_id DESC) AS place
       FROM silver.orders) f
WHERE  f.place = 1 AND CAST(f.state AS BIGINT) >= 0
"""


def test_a_row_on_which_only_the_search_for_groups_fails_rebuilds_the_table(lake):
    """An order that is not the latest has a state that is no number."""
    lake.amend("gold.totals.sql", TOTALS_SQL, LATEST)
    latest = [f"{10 + i},{i},5,{i},{ELEVEN}" for i in range(BUYERS - 1)]
    lake.land("bronze.shop__orders", ORDERS, *latest, f"22,11,6,11,{ELEVEN}")
    assert "rebuilt: the query or what decides its rows changed" == after(lake).reason
    lake.land("bronze.shop__orders", ORDERS, f"21,11,7,b,{ELEVEN}", f"10,0,8,0,{NOON}")
    reason = after(lake, "r2").reason
    assert reason.startswith(
        "rebuilt: its groups cannot be found: the query fails on a row that may be none of its own"
    )
    assert reason.endswith("(SQLSTATE: 22018)")
    amounts = [8, *[5] * 10, 6]
    rows = [(i, str(i), 1, Decimal(f"{amount}.00")) for i, amount in enumerate(amounts)]
    assert_rows(SCHEMA, rows, lake.frame("gold.totals"))


def test_where_most_rows_are_touched_a_rebuild_is_cheaper(lake):
    lake.land("bronze.shop__orders", ORDERS, *[f"{30 + i},{i},1,a,{ELEVEN}" for i in range(5)])
    assert "rebuilt: 5 of its 12 rows are touched, in 5 groups of customer_id" == after(lake).reason
    assert 1 / 3 == build_flow.MOST_TOUCHED


# A rule for each recomputed row, and one for the whole table, whose other rows are not recomputed.
RULES = """\
        description: Orders.
        quality:
          - name: few_orders
            type: sql
            query: "SELECT COUNT(*) FROM ${table} WHERE orders > 2"
            mustBe: 0
          - name: not_many_orders
            type: sql
            query: "SELECT SUM(orders) FROM ${table}"
            mustBeLessThan: 15
"""


def test_the_gate_decides_on_the_table_as_it_would_be(lake):
    lake.amend("gold.totals", "        description: Orders.\n", RULES)
    assert "rebuilt: the query or what decides its rows changed" == after(lake, "r1", (Step.BUILD,)).reason
    before = lake.versions()["gold/totals"], lake.rows("gold.totals")
    lake.land("bronze.shop__orders", ORDERS, f"97,2,1,b,{ELEVEN}", f"96,2,1,b,{ELEVEN}")
    three_orders = after(lake, "r2").failure
    lake.land("bronze.shop__orders", ORDERS, f"96,3,1,b,{NOON}")
    fifteen_in_all = after(lake, "r3").failure
    assert "table rule few_orders failed on the staged batch; given: 1 by" in three_orders.message
    assert "table rule not_many_orders failed on the staged batch; given: 15 by" in fifteen_in_all.message
    assert ["GateClosedError"] * 2 == [three_orders.error, fifteen_in_all.error]
    assert before == (lake.versions()["gold/totals"], lake.rows("gold.totals"))


BY_STATE = """\
SELECT CAST(length(state) AS BIGINT) AS customer_id, state AS name, COUNT(*) AS orders, SUM(amount_eur) AS amount_eur
FROM   silver.orders
GROUP BY orders.state
"""


def test_a_key_that_another_group_has_closes_the_gate(lake):
    lake.amend("gold.totals", "value: [customer_id]}\n", "value: [name]}\n")
    lake.files["gold.totals.sql"] = BY_STATE
    after(lake, "r1", (Step.BUILD,))
    lake.land("bronze.shop__orders", ORDERS, f"97,2,1,bb,{ELEVEN}")
    assert "refreshed 1 group of name" == after(lake, "r2").reason
    lake.land("bronze.shop__orders", ORDERS, f"97,2,1,c,{NOON}")
    failed = after(lake, "r3").failure
    assert "table rule primary_key_unique failed on the staged batch; given: 1 by" in failed.message
    assert [(1, "a"), (2, "bb")] == [row[:2] for row in lake.rows("gold.totals")]


DAYS = """\
      - {name: day, logicalType: date, physicalType: date, primaryKey: true, description: Day.ORIGIN}
      - {name: pieces, logicalType: integer, physicalType: bigint, description: Pieces.}
"""
IN_SILVER = ", transformSourceObjects: [bronze.shop__days]}"
NUMBERED = "      - {name: told, logicalType: integer, physicalType: int, description: Told.}\n"


def test_days_beyond_those_that_python_knows_are_merged_and_refreshed_as_others(small_lake):
    lake, far = small_lake, "12026-01-05"
    lake.files = {
        "bronze.shop__days": bronze("bronze.shop__days", "append", "day", "pieces", "told"),
        "silver.days": contract(
            "silver.days",
            DAYS.replace("ORIGIN}", IN_SILVER) + NUMBERED,
            {"writeDisposition": "merge", "sequenceBy": "[told]"},
        ),
        "gold.days": contract(
            "gold.days", DAYS.replace("ORIGIN", ""), {"writeDisposition": "refresh", "refreshBy": "[day]"}
        ),
        "gold.days.sql": "SELECT day, SUM(pieces) AS pieces FROM silver.days GROUP BY day",
    }
    days = [f"2026-01-{day:02},{day},1" for day in range(1, 31)]
    making = (Step.INGEST, Step.REFINE, Step.BUILD)
    lake.land("bronze.shop__days", "day,pieces,told", *days, f"{far},1,1")
    lake.run("r1", making)
    lake.land("bronze.shop__days", "day,pieces,told", f"{far},2,2", "2026-01-30,31,2")
    ran = lake.run("r2", making)

    assert {"read": 2, "updated": 2} == ran.books("silver.days") == ran.books("gold.days")
    assert "refreshed 2 groups of day" == ran.outcomes["gold.days"].reason
    expected = {f"2026-01-{day:02}": day for day in range(1, 30)} | {"2026-01-30": 31, f"+{far}": 2}
    for table in ("silver.days", "gold.days"):
        rows = lake.frame(table).select(F.col("day").cast("string"), "pieces").collect()
        assert expected == dict(map(tuple, rows))


def test_the_group_of_null_is_refreshed_beside_another(lake):
    """Both in one run: the literal bounds of the groups say nothing of a null."""
    lake.amend("gold.totals", "value: [customer_id]}\n", "value: [name]}\n")
    lake.files["gold.totals.sql"] = BY_STATE.replace("length(state)", "coalesce(length(state), 0)")
    others = [f"{200 + i},2,1,{'x' * (i + 2)},{TEN}" for i in range(BUYERS)]
    lake.land("bronze.shop__orders", ORDERS, f"95,2,1,,{TEN}", *others)
    after(lake, "r1")
    lake.land("bronze.shop__orders", ORDERS, f"96,2,2,,{ELEVEN}", f"97,2,4,a,{ELEVEN}")
    before = {row[1]: row[2] for row in lake.rows("gold.totals")}

    assert "refreshed 2 groups of name" == after(lake, "r2").reason

    found = {row[1]: row[2] for row in lake.rows("gold.totals")}
    assert 1 == before[None]
    assert {**before, None: 2, "a": before["a"] + 1} == found


def test_a_change_in_what_the_query_does_not_read_touches_nothing(lake):
    lake.land("bronze.shop__orders", ORDERS, f"10,0,5,seen,{ELEVEN}", f"11,1,5,a,{NOON}")
    found = after(lake)
    assert ("refreshed 0 groups of customer_id", 0) == (found.reason, found.read)
    assert_rows(SCHEMA, expected(), lake.frame("gold.totals"))
    assert Status.UNCHANGED is after(lake, "r2", (Step.BUILD,)).status
    lake.land("bronze.shop__orders", ORDERS, f"10,0,6,seen,{NOON}")
    assert "refreshed 1 group of customer_id" == after(lake, "r3").reason
