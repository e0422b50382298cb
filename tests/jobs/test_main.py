"""A whole day of a small lake: the rows of each table, what a second day changes, and the files that steps leave."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.main import run
from shared.errors import UnknownNameError
from shared.jobs import Colour, Status, Step
from tests.support.frames import assert_rows

TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
CUSTOMERS, ORDERS, STOCK = (
    "customer_id,name,changed_at",
    "order_id,customer_id,amount_eur,state,changed_at",
    "product,pieces",
)
# Athena reads reader version 1 and 2, and of version 3 these features.
READABLE = {"deletionVectors", "timestampNtz", "columnMapping"}


@pytest.fixture
def shop(small_lake):
    lake = small_lake
    lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}", f"2,Bob,{TEN}", "3")
    lake.land(
        "bronze.shop__orders",
        ORDERS,
        f"10,1,5,new,{TEN}",
        f"11,1,2.5,new,{TEN}",
        f"12,2,1,new,{TEN}",
        f"13,9,1,new,{TEN}",
    )
    lake.land("bronze.shop__stock", STOCK, "a,1", "b,2")
    return lake


def statuses(ran):
    return {table: outcome.status for table, outcome in ran.outcomes.items()}


def test_a_day_brings_every_table_up_to_date_and_a_second_one_changes_nothing(shop):
    ran = shop.run("r1")
    assert {Status.SUCCEEDED} == set(statuses(ran).values())
    assert_rows(
        "customer_id BIGINT NOT NULL, name STRING, orders BIGINT NOT NULL, amount_eur DECIMAL(22,2)",
        [(1, "Ann", 2, Decimal("7.50")), (2, "Bob", 1, Decimal("1.00"))],
        shop.frame("gold.totals"),
    )
    assert_rows("product STRING NOT NULL, pieces INT NOT NULL", [("a", 1), ("b", 2)], shop.frame("silver.stock"))
    versions = shop.versions()
    page = shop.record("r1")
    assert {name.replace(".", "/"): v for name, v in ((v.table, v.version) for v in page.versions)} == {
        place: version for place, version in versions.items() if not place.startswith("quarantine")
    }
    assert list(ran.outcomes.values()) == list(page.outcomes)

    again = shop.run("r2")
    assert {Status.UNCHANGED} == set(statuses(again).values())
    assert versions == shop.versions()
    assert page.versions == shop.record("r2").versions
    assert Colour.GREEN is shop.record("r2").colour

    # The retry of a step in the same run reports what the run did, though nothing was left to do.
    retried = shop.run("r1", (Step.BUILD,))
    assert (Status.SUCCEEDED, {"read": 2, "inserted": 2}) == (
        retried.outcomes["gold.totals"].status,
        retried.books("gold.totals"),
    )
    assert versions == shop.versions()

    for log in Path(shop.lake_root).glob("**/_delta_log"):
        lines = [line for file in sorted(log.glob("*.json")) for line in file.read_text().splitlines()]
        [*_, protocol] = [a["protocol"] for a in map(json.loads, lines) if "protocol" in a]
        assert protocol["minReaderVersion"] <= 2 or set(protocol["readerFeatures"]) <= READABLE


def test_a_table_that_fails_skips_its_dependants_in_later_steps_and_no_other(shop):
    shop.land("bronze.shop__orders", "order_id,customer_id", "14,1")
    ran = shop.run("r1")
    assert {
        "bronze.shop__customers": Status.SUCCEEDED,
        "bronze.shop__orders": Status.FAILED,
        "bronze.shop__stock": Status.SUCCEEDED,
        "silver.customers": Status.SUCCEEDED,
        "silver.orders": Status.SKIPPED,
        "silver.stock": Status.SUCCEEDED,
        "gold.totals": Status.SKIPPED,
    } == statuses(ran)
    assert {"bronze/shop__customers", "bronze/shop__stock", "silver/customers", "silver/stock"} == {
        place for place in shop.versions() if not place.startswith("quarantine")
    }
    assert [Colour.RED] * 3 == [ran.summaries[s].colour for s in (Step.INGEST, Step.REFINE, Step.BUILD)]
    missing = {v.table for v in shop.record("r1").versions if v.version is None}
    assert {"bronze.shop__orders", "silver.orders", "gold.totals"} == missing


def test_only_the_selected_tables_are_touched(shop):
    ran = shop.run("r1", tables=("+silver.stock",))
    assert {"bronze.shop__stock", "silver.stock"} == set(ran.outcomes)
    assert {"bronze/shop__stock", "silver/stock"} == set(shop.versions())


def test_an_unknown_table_is_refused_with_the_names_there_are(small_lake, spark):
    job = small_lake.job(Step.INGEST, tables=("silver.oders",))
    with pytest.raises(UnknownNameError, match=r"unknown table; given: 'silver\.oders'; expected: one of bronze\."):
        run(["--job", job.model_dump_json()], spark, small_lake.catalog)


@pytest.mark.parametrize(
    "args",
    [
        pytest.param([], id="no job"),
        pytest.param(["--job", "words"], id="no JSON"),
        pytest.param(["--job", '{"env": "local"}'], id="half a job"),
        pytest.param(["--job", "{}", "more"], id="more than a job"),
    ],
)
def test_a_bad_command_line_is_refused(args, spark, capsys):
    with pytest.raises(SystemExit) as refused:
        run(args, spark)
    assert 2 == refused.value.code
    assert "--job" in capsys.readouterr().err
