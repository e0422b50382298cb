"""Tables are described from their logs and contracts, without reading a row."""

import json
import math
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake import CommitProperties, DeltaTable

from scripts.looking.lake import open_lake
from scripts.looking.tables import all_statuses, description, status
from shared.contracts import Catalog, Severity, TableRule
from shared.contracts.retention import Retention
from tests.support.hand_made_lake import HandMadeLake


def test_status_is_that_of_the_last_commit(lake, catalog):
    log = DeltaTable(f"{lake.root}/silver/orders")
    [last] = log.history(1)

    assert {
        "table": "silver.orders",
        "layer": "silver",
        "kind": "refined",
        "version": 1,
        "rows": 2,
        "files": 1,
        "bytes": log.get_add_actions().column("size_bytes")[0].as_py(),
        "written_at": datetime.fromtimestamp(last["timestamp"] / 1000, UTC),
        "last_run": "run-2",
        "sequence": 2,
        "quarantined": 1,
    } == asdict(status(lake, catalog.table("silver.orders")))


def test_table_that_is_not_there_has_no_version(lake, catalog):
    here = status(lake, catalog.table("silver.stock"))

    assert (None, None, None, 0) == (here.version, here.rows, here.last_run, here.quarantined)


def test_tables_come_by_layer_and_name(lake, catalog):
    expected = [
        "bronze.shop__customers",
        "bronze.shop__lines",
        "bronze.shop__orders",
        "bronze.shop__stock",
        "silver.customers",
        "silver.lines",
        "silver.orders",
        "silver.stock",
        "gold.sales",
        "gold.totals",
    ]

    assert expected == [here.table for here in all_statuses(lake, catalog)]


@pytest.fixture
def stock(tmp_path, catalog):
    """A lake with one table, for tests that change it."""
    made = HandMadeLake(tmp_path, catalog)
    made.put("silver.stock", "r1", 1, ["pen", 3])
    made.put("silver.stock", "r2", 2, ["ink", 4])
    return open_lake(made.root)


def test_upkeep_does_not_hide_the_last_run(stock, catalog):
    DeltaTable(f"{stock.root}/silver/stock").optimize.compact()

    here = status(stock, catalog.table("silver.stock"))

    assert (2, 1, "r2", 2) == (here.version, here.files, here.last_run, here.sequence)


def test_position_that_is_older_than_the_transaction_does_not_count(stock, catalog):
    table = DeltaTable(f"{stock.root}/silver/stock")
    first = table.history()[-1]["userMetadata"]
    table.optimize.compact(commit_properties=CommitProperties({"userMetadata": first}))

    assert ("r2", 2) == (status(stock, catalog.table("silver.stock")).last_run, 2)


def test_rows_are_unknown_when_a_file_has_no_statistics(stock, catalog):
    log = Path(stock.root, "silver/stock/_delta_log", f"{1:020d}.json")
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        action.get("add", {}).pop("stats", None)
    log.write_text("".join(json.dumps(action) + "\n" for action in actions))

    here = status(stock, catalog.table("silver.stock"))

    assert (None, 2) == (here.rows, here.files)


def test_description_is_that_of_the_contract(catalog):
    told = description(catalog.table("silver.orders"), catalog)

    assert ["bronze.shop__orders"] == told["inputs"]
    assert ["order_id"] == told["primary_key"]
    assert {
        "column": "customer_id",
        "type": "bigint",
        "required": False,
        "key": None,
        "classification": None,
        "parent": "silver.customers.customer_id",
        "logic": None,
        "description": "Buyer.",
    } == told["columns"][1]
    assert ("amount_not_negative", "row", "error", "not (amount_eur < 0)") == tuple(told["rules"][0].values())


@pytest.mark.parametrize(
    "bounds, expected",
    [
        pytest.param({"at_least": 3.0, "at_most": 3.0}, "must be 3", id="mustBe"),
        pytest.param({"at_least": 3.0, "at_most": 3.0, "negated": True}, "must not be 3", id="mustNotBe"),
        pytest.param({"at_least": math.nextafter(0, math.inf)}, "must be > 0", id="mustBeGreaterThan"),
        pytest.param({"at_least": 0.5}, "must be >= 0.5", id="mustBeGreaterOrEqualTo"),
        pytest.param({"at_most": math.nextafter(100, -math.inf)}, "must be < 100", id="mustBeLessThan"),
        pytest.param({"at_least": 1.0, "at_most": 9.0}, "must be >= 1 and <= 9", id="mustBeBetween"),
    ],
)
def test_table_rule_reads_as_it_was_written(catalog, bounds, expected):
    rule = TableRule(name="r", query="SELECT 1", severity=Severity.ERROR, **bounds)
    table = replace(catalog.table("silver.stock"), row_rules=(), table_rules=(rule,))

    assert [f"SELECT 1 {expected}"] == [told["expectation"] for told in description(table, catalog)["rules"]]


def test_a_built_table_says_how_it_is_kept(catalog):
    grouped = catalog.table("gold.totals")
    plain = replace(grouped, refresh_by=())

    assert ["rebuilt, because its contract has no refreshBy", "refreshed by customer_id", None] == [
        description(table, catalog)["kept"] for table in (plain, grouped, catalog.table("silver.orders"))
    ]


def test_who_has_rows_go_says_so_and_of_bronze_after_whom(catalog):
    orders = replace(catalog.table("silver.orders"), retention=Retention(column="changed_at", days=90))
    aged = Catalog({**catalog.tables, "silver.orders": orders})
    told = [description(aged.table(name), aged)["retention"] for name in ("silver.orders", "bronze.shop__orders")]
    assert ["90 days by changed_at", "90 days by changed_at of silver.orders"] == told
    assert {None} == {description(table, catalog)["retention"] for table in catalog.tables.values()}
