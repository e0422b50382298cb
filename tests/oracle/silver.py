"""The silver tables after a delivery, and what was refused on the way, computed in DuckDB day by day."""

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from shared.contracts import load_catalog
from tests.oracle.delivered import RATES, Row, arrived, day
from tests.oracle.images import IMAGES, Image

# DuckDB writes some types another way than Spark.
TYPES = {"string": "VARCHAR", "int": "INTEGER", "timestamp": "TIMESTAMP"}


@dataclass(frozen=True)
class Refused:
    """A row that stays out of a table: its key, and the rules it failed."""

    key: tuple[str | None, ...]
    rules: frozenset[str]


def build_silver(db: duckdb.DuckDBPyConnection, delivery: int) -> dict[str, set[Refused]]:
    """Make the table `silver.<name>` of every image as it is after a delivery, from the tables of the day before.

    Returns:
        What this delivery's rows were refused for, by table.
    """
    refused = {name: build_image(db, name, _given(image, delivery)) for name, image in IMAGES.items()}
    _rates(db, delivery)
    return refused


def _given(image: Image, delivery: int) -> list[Row]:
    rows = day(delivery).rows[image.source] if image.newest_by is None else arrived(image.source, delivery)
    return [row | {"landed": str(delivery)} for row in rows]


def build_image(db: duckdb.DuckDBPyConnection, name: str, rows: list[Row]) -> set[Refused]:
    """Make the table `silver.<name>` of one image from rows of its source and what it held before; what it refuses."""
    image = IMAGES[name]
    db.execute("CREATE SCHEMA IF NOT EXISTS silver")
    columns = {c.name: TYPES.get(c.type, c.type) for c in load_catalog().table(f"silver.{name}").columns}
    if list(columns) != list(image.columns):
        raise AssertionError(f"{name}: the oracle and the contract have other columns: {columns}, {image.columns}")
    typed = ", ".join(f"{c} {t}" for c, t in columns.items())
    db.execute(f"CREATE TABLE IF NOT EXISTS silver.{name} ({typed})")
    if not rows:
        return set()
    db.register("arrived", pa.table({c: pa.array([r[c] for r in rows], pa.string()) for c in rows[0]}))
    # Whatever the machinery needs is in one row: the text of each column, its value, and the rules it fails.
    values = ", ".join(f"({e})::VARCHAR AS given_{c}" for c, e in image.columns.items())
    casts = ", ".join(f"TRY_CAST(given_{c} AS {t}) AS {c}" for c, t in columns.items())
    gone = f"coalesce({image.deleted or 'false'}, false) AS gone"
    db.execute(f"CREATE OR REPLACE TEMP TABLE judged AS SELECT *, {casts} FROM (SELECT {values}, {gone} FROM arrived)")
    db.execute("ALTER TABLE judged ADD COLUMN failed VARCHAR[] DEFAULT []")
    for rule, bad in _rules(name, image).items():
        db.execute(f"UPDATE judged SET failed = list_append(failed, '{rule}') WHERE {bad}")
    key = ", ".join(f"given_{k}" for k in image.key)
    refused = db.execute(f"SELECT [{key}], failed FROM judged WHERE len(failed) > 0").fetchall()
    _keep(db, name, image, list(columns))
    return {Refused(tuple(k), frozenset(rules)) for k, rules in refused}


def _rules(name: str, image: Image) -> dict[str, str]:
    """Predicates of a bad row: a value of another type, a missing one, a rule of the table, a missing parent."""
    contract = load_catalog().table(f"silver.{name}")
    types = {f"{c}_type": f"given_{c} IS NOT NULL AND {c} IS NULL" for c in image.columns}
    missing = {f"{c.name}_required": f"given_{c.name} IS NULL" for c in contract.columns if c.required}
    orphans = {
        f"{c}_exists": f"{c} IS NOT NULL AND {c} NOT IN (SELECT {key} FROM silver.{parent})"
        for c, (parent, key) in image.parents.items()
    }
    return types | missing | image.rules | orphans


def _keep(db: duckdb.DuckDBPyConnection, name: str, image: Image, columns: list[str]) -> None:
    """Take the good rows over: all of them for a snapshot, else the newest of each key, known ones included.

    A key whose newest row says that it is gone has none.
    """
    listed = ", ".join(columns)
    known = f"UNION ALL SELECT {listed}, false FROM silver.{name}" if image.newest_by else ""
    key = ", ".join(image.key)
    newest = f"QUALIFY rank() OVER (PARTITION BY {key} ORDER BY {image.newest_by} DESC) = 1" if image.newest_by else ""
    good = f"SELECT DISTINCT {listed}, gone FROM judged WHERE len(failed) = 0"
    kept = f"SELECT * FROM ({good} {known}) {newest}"
    db.execute(f"CREATE OR REPLACE TABLE silver.{name} AS SELECT {listed} FROM ({kept}) WHERE NOT gone")
    doubled = db.execute(f"SELECT {key} FROM silver.{name} GROUP BY ALL HAVING count(*) > 1").fetchall()
    if doubled:
        raise AssertionError(f"{name}: the deliveries leave open which version is the newest: {doubled}")


def _rates(db: duckdb.DuckDBPyConnection, delivery: int) -> None:
    """One row per currency and day with a rate, from the wide rows; a published day again supersedes itself."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS silver.fx_rates"
        " (currency_code VARCHAR, rate_date DATE, rate DECIMAL(13, 6), landed_sequence BIGINT)"
    )
    found = [
        (currency.upper(), row["date"], rate)
        for row in arrived(RATES, delivery)
        for currency, rate in row.items()
        if currency != "date" and rate != "N/A"
    ]
    names = ("currency_code", "rate_date", "rate")
    db.register("published", pa.table(list(map(pa.array, zip(*found, strict=True))), names=names) if found else None)
    if not found:
        return
    again = "(currency_code, rate_date) IN (SELECT (currency_code, rate_date::DATE) FROM published)"
    db.execute(f"DELETE FROM silver.fx_rates WHERE {again}")
    db.execute(f"INSERT INTO silver.fx_rates SELECT *, {delivery} FROM published")
