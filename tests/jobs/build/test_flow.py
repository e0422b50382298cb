"""A built table is replaced as a whole, only if something changed, and never against its rules."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from jobs.build.flow import build
from jobs.runtime.flow import open_flow
from shared.jobs import Status, Step
from tests.support.foretold import assert_as_foretold, foretold
from tests.support.frames import assert_rows
from tests.support.small_lake import lease_account

TEN = "2026-01-01 10:00:00"
CUSTOMERS, ORDERS = "customer_id,name,changed_at", "order_id,customer_id,amount_eur,state,changed_at"
SQL = "gold.totals.sql"
SCHEMA = "customer_id BIGINT NOT NULL, name STRING, orders BIGINT NOT NULL, amount_eur DECIMAL(22,2)"


@pytest.fixture(scope="module")
def shop(module_lake):
    """Two customers and three orders, refined; each test builds its own table on top."""
    lake = module_lake
    lake.only(*[name for name in lake.files if "stock" not in name])
    lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}", f"2,Bob,{TEN}")
    lake.land("bronze.shop__orders", ORDERS, f"10,1,5,a,{TEN}", f"11,1,2.5,b,{TEN}", f"12,2,1,c,{TEN}")
    with lease_account():
        lake.run("r0", (Step.INGEST, Step.REFINE))
    return lake


@pytest.fixture
def lake(shop, leases):
    """The shop with its contracts as they are written, and without the built table."""
    return shop.branched()


def outcome(ran):
    return ran.outcomes["gold.totals"]


def built(lake, run_id="r1", **how):
    """The outcome of the table, which must be what the plan predicted."""
    kept = foretold(lake, "gold.totals", **how)
    found = outcome(lake.run(run_id, (Step.BUILD,), **how))
    assert_as_foretold(kept, found)
    return found


def test_a_built_table_is_its_query(lake):
    found = built(lake)
    assert (2, 2, 1, Status.SUCCEEDED) == (found.read, found.inserted, found.version, found.status)
    expected = [(1, "Ann", 2, Decimal("7.50")), (2, "Bob", 1, Decimal("1.00"))]
    assert_rows(SCHEMA, expected, lake.frame("gold.totals"))


def test_unchanged_inputs_start_no_spark_job_and_commit_nothing(lake):
    built(lake)
    versions = lake.versions()
    context = lake.spark.sparkContext
    context.setJobGroup("unchanged", "no job of this group may start")
    try:
        table = lake.catalog.table("gold.totals")
        with open_flow(lake.spark, lake.job(Step.BUILD, "r2"), lake.catalog, table) as flow:
            again = build(flow)
        assert [] == list(context.statusTracker().getJobIdsForGroup("unchanged"))
    finally:
        context.setLocalProperty("spark.jobGroup.id", None)
    assert (Status.UNCHANGED, 1, 1) == (again.status, again.version, again.sequence)
    assert versions == lake.versions()


def test_a_changed_query_builds_anew_and_another_layout_does_not(lake):
    built(lake)
    lake.amend(SQL, "GROUP BY o.customer_id, c.name", "GROUP  BY o.customer_id,\n c.name -- as before")
    assert Status.UNCHANGED is built(lake, "r2").status
    lake.amend(SQL, "c.name, COUNT(*)", "upper(c.name) AS name, COUNT(*)")
    found = built(lake, "r3")
    assert (Status.SUCCEEDED, 2, 2) == (found.status, found.version, found.sequence)
    assert ["ANN", "BOB"] == [row[1] for row in lake.rows("gold.totals")]


def test_a_changed_input_builds_anew_and_the_old_rows_are_gone(lake):
    built(lake)
    lake.land("bronze.shop__orders", ORDERS, "12,1,1,moved,2026-01-01 11:00:00")
    found = outcome(lake.run("r2", (Step.INGEST, Step.REFINE, Step.BUILD)))
    assert (1, 2) == (found.read, found.version)
    assert [1] == [row[0] for row in lake.rows("gold.totals")]


def test_the_business_date_counts_only_where_the_query_asks_for_it(lake):
    built(lake)
    assert Status.UNCHANGED is built(lake, "r2", business_date=date(2026, 1, 2)).status
    lake.amend(SQL, "JOIN   silver", "CROSS JOIN business_date AS today JOIN silver")
    lake.amend(
        "gold.totals.sql", "GROUP BY o.customer_id, c.name", "GROUP BY o.customer_id, c.name, today.business_date"
    )
    lake.amend(SQL, "c.name, COUNT", "concat(c.name, ' ', today.business_date) AS name, COUNT")
    for run_id, day, status in (
        ("r3", date(2026, 1, 2), Status.SUCCEEDED),
        ("r4", date(2026, 1, 2), Status.UNCHANGED),
        ("r5", date(2026, 1, 3), Status.SUCCEEDED),
    ):
        assert status is built(lake, run_id, business_date=day).status
        assert [f"Ann {day}", f"Bob {day}"] == [row[1] for row in lake.rows("gold.totals")]


RULES = """\
        description: Orders.
        quality:
          - name: few_orders
            type: sql
            query: "SELECT COUNT(*) FROM ${table} WHERE orders > 1"
            mustBe: 0
            severity: SEVERITY
"""


@pytest.mark.parametrize(
    "change, kind, words",
    [
        pytest.param(
            ("gold.totals", "        description: Orders.\n", RULES.replace("SEVERITY", "error")),
            "GateClosedError",
            "gold.totals: table rule few_orders failed on the staged batch; given: 1 by",
            id="a row rule",
        ),
        pytest.param(
            (SQL, "SELECT o.customer_id, c.name", "SELECT nullif(o.customer_id, 2) AS customer_id, c.name"),
            "GateClosedError",
            "gold.totals: table rule customer_id_required failed on the staged batch; given: 1 by",
            id="a missing value",
        ),
        pytest.param(
            (SQL, "GROUP BY o.customer_id, c.name", "GROUP BY o.customer_id, c.name, o.order_id"),
            "GateClosedError",
            "gold.totals: table rule primary_key_unique failed on the staged batch; given: 1 by",
            id="a doubled key",
        ),
        pytest.param(
            (SQL, "COUNT(*) AS orders", "CAST(COUNT(*) AS INT) AS orders"),
            "ContractError",
            "the query's columns are not the contract's; given: orders int; expected: orders bigint; to fix: CAST in",
            id="a wrong type",
        ),
        pytest.param(
            (SQL, "SUM(o.amount_eur)", "SUM(o.amount_eur / (o.order_id - 9))"),
            "ContractError",
            "given: amount_eur decimal(38,",
            id="a wrong scale",
        ),
        pytest.param(
            (SQL, "SUM(o.amount_eur)", "CAST(1 / (MIN(o.order_id) - 10) AS DECIMAL(22,2))"),
            "ArithmeticException",
            "DIVIDE_BY_ZERO",
            id="an error of the query",
        ),
    ],
)
def test_what_its_rules_refuse_leaves_the_old_table(lake, change, kind, words):
    built(lake)
    before = lake.versions()["gold/totals"], lake.rows("gold.totals")
    lake.amend(*change)
    failure = built(lake, "r9").failure
    assert kind == failure.error
    assert words in failure.message
    assert before == (lake.versions()["gold/totals"], lake.rows("gold.totals"))


def test_a_row_rule_that_warns_is_counted(lake):
    lake.amend("gold.totals", "        description: Orders.\n", RULES.replace("SEVERITY", "warning"))
    found = built(lake)
    assert (Status.SUCCEEDED, {"few_orders": 1}) == (found.status, found.warnings)


PY = """\
from pyspark.sql import functions as F

def build(inputs):
    totals = inputs["silver.orders"].groupBy("customer_id").agg(
        F.count("*").alias("orders"), F.sum("amount_eur").alias("amount_eur")
    )
    return totals.join(inputs["silver.customers"], on="customer_id").select("customer_id", "name", *totals.columns[1:])
"""


def test_a_table_that_sql_cannot_say_is_made_by_python_and_rebuilt(lake):
    lake.files["gold.totals.py"] = PY
    del lake.files[SQL]
    reads = "primaryKey: true, transformSourceObjects: [silver.orders, silver.customers], description: Buyer."
    lake.amend("gold.totals", "primaryKey: true, description: Buyer.", reads)
    built(lake)
    assert Status.UNCHANGED is built(lake, "r2").status
    lake.land("bronze.shop__orders", ORDERS, f"13,2,4,d,{TEN}")
    found = outcome(lake.run("r3", (Step.INGEST, Step.REFINE, Step.BUILD)))
    assert "rebuilt: it is made by Python" == found.reason
    expected = [(1, "Ann", 2, Decimal("7.50")), (2, "Bob", 2, Decimal("5.00"))]
    assert_rows(SCHEMA, expected, lake.frame("gold.totals"))
    lake.amend("gold.totals.py", 'F.count("*")', 'F.count("*").cast("int")')
    wrong = built(lake, "r4").failure.message
    assert "the program's columns are not the contract's; given: orders int; expected: orders bigint" in wrong
    lake.amend("gold.totals.py", "return totals", "return None and totals")
    assert "totals.py: build gave no rows; given: NoneType; expected: a DataFrame" in built(lake, "r5").failure.message
    assert_rows(SCHEMA, expected, lake.frame("gold.totals"))


def test_an_input_that_was_never_written_is_not_taken_for_an_empty_one(lake):
    shutil.rmtree(lake.location("silver.customers"))
    found = built(lake)
    assert "PositionLostError" == found.failure.error
    assert found.failure.message.startswith("silver.customers has not been written yet; given: gold.totals reads it")
    assert "gold/totals" not in lake.versions()
