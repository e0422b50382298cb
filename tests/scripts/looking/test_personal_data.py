"""The read-only views show of a personal value only whether there is one."""

import json

import pytest

from scripts.looking.errors import WrongRequestError
from scripts.looking.lake import open_lake
from scripts.looking.quarantine import overview, refused
from scripts.looking.query import select
from scripts.looking.tables import all_statuses
from scripts.looking.trace import trace
from shared.names import TableName
from tests.support.hand_made_lake import FILES, JANUARY, HandMadeLake, write_contracts

NAME = "{name: name, logicalType: string, physicalType: string, description: Text.}"
CLOSED_NAME = "{name: name, logicalType: string, physicalType: string, classification: restricted, description: Text.}"
SILVER_NAME = "{name: name, logicalType: string, physicalType: string, transformLogic: trim(name), description: Name.}"
MASKED_NAME = (
    "{name: name, logicalType: string, physicalType: string, transformLogic: trim(name), description: Name., "
    "classification: restricted, customProperties: [{property: treatment, value: maskLast4}]}"
)
CUSTOMERS = TableName.parse("bronze.shop__customers")


@pytest.fixture
def looked(tmp_path):
    """A lake of customers with names, its contracts, and what the commands open."""
    files = FILES | {
        "bronze.shop__customers": FILES["bronze.shop__customers"].replace(NAME, CLOSED_NAME),
        "silver.customers": FILES["silver.customers"].replace(SILVER_NAME, MASKED_NAME),
    }
    catalog = write_contracts(tmp_path / "contracts", files)
    made = HandMadeLake(tmp_path / "lake", catalog)
    made.put("bronze.shop__customers", "run-1", 1, ["customers/1.csv#2", "7", "Ann Canary", JANUARY])
    made.refuse(
        "bronze.shop__customers", "run-1", 1, [["short row: 2 of 3 fields"], "customers/1.csv#3", None, "8,Bob Canary"]
    )
    made.put("silver.customers", "run-1", 1, [7, "***nary", JANUARY])
    return open_lake(made.root, catalog), catalog, tmp_path / "lake"


def test_personal_tables_lie_in_their_own_place_and_are_found_there(looked):
    lake, catalog, root = looked

    assert (root / "pii" / "bronze" / "shop__customers" / "_delta_log").is_dir()
    assert not (root / "bronze").exists()
    assert [(1, 1)] == [(s.rows, s.quarantined) for s in all_statuses(lake, catalog) if s.table == str(CUSTOMERS)]


def test_no_way_of_looking_tells_a_personal_value(looked):
    lake, catalog, root = looked
    answers = [
        select(lake, "SELECT * FROM bronze.shop__customers").rows,
        select(lake, "SELECT name, customer_id FROM bronze.shop__customers WHERE name IS NOT NULL").rows,
        select(lake, "SELECT * FROM quarantine.bronze__shop__customers").rows,
        overview(lake, catalog),
        refused(lake, CUSTOMERS),
        trace(lake, catalog, catalog.table("silver.customers"), {"customer_id": "7"}),
    ]

    assert all(answers)
    # The files below the view have the values in clear text.
    for read in (f"read_parquet('{root}/pii/**/*.parquet')", "query_table('_table_1')"):
        with pytest.raises(WrongRequestError, match="reads past the tables"):
            select(lake, f"SELECT name FROM bronze.shop__customers UNION ALL SELECT name FROM {read}")
    assert "Canary" not in json.dumps(answers, default=str)
    assert [("***", "7")] == [(row["name"], row["customer_id"]) for row in answers[1]]
    assert ["***"] == [row["row"] for row in answers[4]]
