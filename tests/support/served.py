"""A small shop whose totals are served, and what its API would return."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3

from shared.jobs import Step
from shared.serving import PATH, ROW, VERSION, served_table
from tests.support.small_lake import ENV

if TYPE_CHECKING:
    from tests.support.small_lake import SmallLake

SERVED = "gold.totals"
CUSTOMERS = "customer_id,name,changed_at"
ORDERS = "order_id,customer_id,amount_eur,state,changed_at"
TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
UNSERVED = "schema:\n  - name: totals"


def serve_totals(lake: SmallLake, path: str = "/totals/{customer_id}") -> None:
    """Make the contract say where the totals are served."""
    lake.amend(SERVED, UNSERVED, f'servers:\n  - {{server: api, type: api, location: "{path}"}}\n{UNSERVED}')


def land_totals(lake: SmallLake) -> None:
    """Land three customers with an order each, and build their totals."""
    lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}", f"2,Bob,{TEN}", f"3,Ćy 🐟,{TEN}")
    lake.land("bronze.shop__orders", ORDERS, *[f"1{n},{n},{n}.50,new,{TEN}" for n in (1, 2, 3)])


def change_totals(lake: SmallLake) -> None:
    """Change one total, remove one, add one, and leave one."""
    lake.land("bronze.shop__customers", CUSTOMERS, f"4,Di,{TEN}")
    lake.land("bronze.shop__orders", ORDERS, f"11,1,7.00,new,{ELEVEN}", f"12,,,deleted,{ELEVEN}", f"14,4,1,new,{TEN}")
    lake.run("r2", (Step.INGEST, Step.REFINE, Step.BUILD))


def items() -> dict[str, dict[str, Any]]:
    """Every item in the current account, by its path."""
    found = boto3.resource("dynamodb").Table(served_table(ENV)).scan(ConsistentRead=True)
    assert "LastEvaluatedKey" not in found
    return {item[PATH]: item for item in found["Items"]}


def forget() -> None:
    """Empty the account of published items."""
    for path in items():
        boto3.resource("dynamodb").Table(served_table(ENV)).delete_item(Key={PATH: path})


def rows() -> dict[str, Any]:
    """The rows that are served, by path."""
    return {path: json.loads(item[ROW]) for path, item in items().items() if path.startswith("/")}


def versions() -> dict[str, int]:
    """The table version that each row was read from."""
    return {path: int(item[VERSION]) for path, item in items().items() if path.startswith("/")}


def expected(lake: SmallLake, prefix: str = "/totals/") -> dict[str, Any]:
    """The totals as they are in the lake, in the form of the table's JSON Schema."""
    names = lake.catalog.table(SERVED).column_names
    texts = [
        {n: str(v) if isinstance(v, Decimal) else v for n, v in zip(names, r, strict=True)} for r in lake.rows(SERVED)
    ]
    return {f"{prefix}{row['customer_id']}": row for row in texts}
