"""The read-only views work on a lake that the engine wrote: its logs, pages and quarantines."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from scripts.looking.lake import open_lake
from scripts.looking.quarantine import overview
from scripts.looking.query import select
from scripts.looking.runs import all_runs, one_run
from scripts.looking.tables import status
from scripts.looking.trace import trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.looking.lake import Lake
    from tests.support.small_lake import SmallLake

pytestmark = pytest.mark.slow

CUSTOMERS = "customer_id,name,changed_at"
ORDERS = "order_id,customer_id,amount_eur,state,changed_at"


@pytest.fixture(scope="module")
def made(spark, tmp_path_factory) -> Iterator[SmallLake]:
    """A lake after two runs, of which the second changed order 1 and refused order 2."""
    from tests.support.small_lake import SmallLake, make_tables

    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        make_tables()
        lake = SmallLake(tmp_path_factory.mktemp("engine"), spark)
        lake.land("bronze.shop__customers", CUSTOMERS, "7,Ann,2025-01-01 00:00:00")
        lake.land("bronze.shop__orders", ORDERS, "1,7,10.50,paid,2025-01-01 00:00:00")
        lake.land("bronze.shop__stock", "product,pieces", "pen,3")
        lake.run("r1")
        changed = ["1,7,11.00,sent,2025-02-01 00:00:00", "2,7,-5.00,paid,2025-02-01 00:00:00"]
        lake.land("bronze.shop__orders", ORDERS, *changed, name="second.csv")
        lake.run("r2")
        yield lake


@pytest.fixture(scope="module")
def there(made) -> Lake:
    return open_lake(made.lake_root)


@pytest.mark.parametrize(
    "table, expected",
    [
        pytest.param("bronze.shop__orders", ("r2", 2, 3, 0), id="ingested"),
        pytest.param("silver.orders", ("r2", 2, 1, 1), id="refined"),
        pytest.param("silver.customers", ("r1", 1, 1, 0), id="unchanged since"),
        pytest.param("gold.totals", ("r2", 2, 1, 0), id="built"),
    ],
)
def test_table_says_its_last_run_and_rows(made, there, table, expected):
    here = status(there, made.catalog.table(table))

    assert expected == (here.last_run, here.sequence, here.rows, here.quarantined)
    assert here.version == made.record("r2").versions[list(made.catalog.tables).index(table)].version


def test_runs_are_those_of_the_ledger(made, there):
    runs = list(all_runs(there))

    assert [("r2", "green"), ("r1", "green")] == [(run.run_id, run.colour) for run in runs]
    assert made.record("r2").outcomes == runs[0].outcomes


def test_tables_are_read_as_of_a_run(there):
    sql = "SELECT amount_eur, state FROM silver.orders"

    assert [{"amount_eur": Decimal("10.50"), "state": "paid"}] == select(there, sql, as_of=one_run(there, "r1")).rows
    assert [{"amount_eur": Decimal("11.00"), "state": "sent"}] == select(there, sql).rows


def test_refused_row_is_counted(made, there):
    assert [("silver.orders", "amount_not_negative", 1, "r2")] == [
        (row["table"], row["rule"], row["rows"], row["last_run"]) for row in overview(there, made.catalog)
    ]


@pytest.mark.parametrize(
    "order, expected",
    [
        pytest.param(
            "1",
            [
                ("bronze.shop__orders", "row", 1),
                ("bronze.shop__orders", "row", 2),
                ("silver.orders", "row", None),
                ("gold.totals", "row", None),
            ],
            id="a row that changed",
        ),
        pytest.param(
            "2",
            [
                ("bronze.shop__orders", "row", 2),
                ("silver.orders", "quarantined", 2),
                ("silver.orders", "note", None),
            ],
            id="a refused row",
        ),
    ],
)
def test_row_is_followed(made, there, order, expected):
    found = trace(there, made.catalog, made.catalog.table("silver.orders"), {"order_id": order})

    assert expected == [(f.table, f.what.value, f.batch) for f in found]


def test_tables_have_the_columns_of_their_contracts_and_no_others(made, there):
    """Delta adds a column of its change feed to the files of tables that have one."""
    for name, table in made.catalog.tables.items():
        assert [c.name for c in table.all_columns] == select(there, f"SELECT * FROM {name}").columns
