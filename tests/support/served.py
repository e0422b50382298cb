"""A small shop whose totals are served, and what its API would give out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3

from shared.serving import PATH, ROW, VERSION, served_table
from tests.support.small_lake import ENV

if TYPE_CHECKING:
    from tests.support.small_lake import SmallLake

SERVED = "gold.totals"
UNSERVED = "schema:\n  - name: totals"


def serve_totals(lake: SmallLake, path: str = "/totals/{customer_id}") -> None:
    """Let the contract say where the totals are served."""
    lake.amend(SERVED, UNSERVED, f'servers:\n  - {{server: api, type: api, location: "{path}"}}\n{UNSERVED}')


def items() -> dict[str, dict[str, Any]]:
    """Every item of the account at hand, by its path."""
    found = boto3.resource("dynamodb").Table(served_table(ENV)).scan(ConsistentRead=True)
    assert "LastEvaluatedKey" not in found
    return {item[PATH]: item for item in found["Items"]}


def forget() -> None:
    """Leave an account in which nothing was published."""
    for path in items():
        boto3.resource("dynamodb").Table(served_table(ENV)).delete_item(Key={PATH: path})


def rows() -> dict[str, Any]:
    """The rows that are served, by path."""
    return {path: json.loads(item[ROW]) for path, item in items().items() if path.startswith("/")}


def versions() -> dict[str, int]:
    """The version of the table that each row was read from."""
    return {path: int(item[VERSION]) for path, item in items().items() if path.startswith("/")}


def expected(lake: SmallLake, prefix: str = "/totals/") -> dict[str, Any]:
    """The rows of the totals as they are in the lake, written as the tables' JSON Schemas ask."""
    names = lake.catalog.table(SERVED).column_names
    texts = [
        {n: str(v) if isinstance(v, Decimal) else v for n, v in zip(names, r, strict=True)} for r in lake.rows(SERVED)
    ]
    return {f"{prefix}{row['customer_id']}": row for row in texts}
