"""The figures the whole machine is held against: every row of every table after each delivery of the demo.

Nothing here uses the engine or the contracts' SQL. From the contracts come only the columns' types, their order and
which of them are required; what a column means is written down a second time in `images.py` and `gold.py`.
"""

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import duckdb
import pyarrow as pa

from shared.contracts import Kind, Table, load_catalog
from tests.oracle.delivered import Malformed, arrived_malformed, day
from tests.oracle.gold import build_gold
from tests.oracle.history import customers_history
from tests.oracle.silver import Refused, build_silver

# The key a lake must have for its hashes to be those worked out here.
PII_KEY = '{"current": "k1", "k1": "the key of the oracle"}'
ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True)
class Answer:
    """After one delivery: the rows by full table name, what silver refused, and what was no row of a file."""

    rows: dict[str, pa.Table]
    refused: dict[str, set[Refused]]
    malformed: dict[str, list[Malformed]]


def expected(delivery: int) -> dict[str, pa.Table]:
    """Every silver and gold table after a delivery, with the contract's columns and types, ordered by its key."""
    return answers(delivery)[-1].rows


def expected_quarantine(delivery: int) -> dict[str, set[Refused]]:
    """The rows that silver tables refuse on a delivery, by full table name; those of earlier ones not again."""
    return answers(delivery)[-1].refused


def expected_malformed(delivery: int) -> dict[str, list[Malformed]]:
    """The lines of a delivery's files that are no rows, by bronze table; those of earlier ones not again."""
    return answers(delivery)[-1].malformed


def hashed(value: str) -> str:
    """The keyed hash of a personal value under the key that `PII_KEY` holds."""
    return "k1:" + hmac.digest(json.loads(PII_KEY)["k1"].encode(), value.encode(), "sha256").hex()


def token(value: str) -> str:
    """What stands for a personal value until it is turned back."""
    return f"tok:{hashed(f'tok:{value}')}"


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database that knows the treatments of personal values."""
    with duckdb.connect() as db:
        db.create_function("hashed", hashed, ["VARCHAR"], "VARCHAR")
        db.create_function("token", token, ["VARCHAR"], "VARCHAR")
        yield db


@cache
def answers(upto: int) -> tuple[Answer, ...]:
    """The answers of the first deliveries, in order."""
    found = []
    with database() as db:
        for delivery in range(1, upto + 1):
            refused = build_silver(db, delivery)
            db.register("versions", pa.Table.from_pylist(customers_history(delivery)))
            db.execute("CREATE OR REPLACE TABLE silver.customers_history AS FROM versions")
            build_gold(db)
            tables = [t.versions for t in load_catalog().tables.values() if t.kind is not Kind.INGESTED]
            found.append(
                Answer(
                    rows={str(t.name): rows_of(db, t) for t in tables},
                    refused={f"silver.{name}": rows for name, rows in refused.items() if rows},
                    malformed={
                        f"bronze.{name}": bad
                        for name in day(delivery).malformed
                        if (bad := arrived_malformed(name, delivery))
                    },
                )
            )
    return tuple(found)


def arrow_schema(table: Table) -> pa.Schema:
    """A contract's columns as Arrow knows them."""
    return pa.schema([(c.name, _arrow_type(c.type)) for c in table.columns])


def _arrow_type(text: str) -> pa.DataType:
    if text.startswith("decimal"):
        digits, scale = text.removeprefix("decimal(").removesuffix(")").split(",")
        return pa.decimal128(int(digits), int(scale))
    return ARROW[text]


def rows_of(db: duckdb.DuckDBPyConnection, table: Table) -> pa.Table:
    """A table of the oracle with the contract's columns and types, ordered by its key."""
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    key = ", ".join(f'"{name}"' for name in table.primary_key)
    rows = db.sql(f"SELECT {columns} FROM {table.name} ORDER BY {key}").to_arrow_table()
    return rows.cast(arrow_schema(table))
