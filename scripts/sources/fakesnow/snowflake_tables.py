"""Fills the tables of the stand-in: one CSV file per table, with the types of tables.sql."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fakesnow.instance import FakeSnow

DATABASE = "SHOP"
SCHEMA = "SALES"


def load_tables(snow: FakeSnow, folder: Path) -> dict[str, int]:
    """Replace every table by the rows of `<folder>/<TABLE>.csv`.

    The rows go straight into the DuckDB that fakesnow stands on; through its INSERT they would take minutes.

    Returns:
        The rows of each table.
    """
    snow.connect(DATABASE, SCHEMA).execute_string((folder / "tables.sql").read_text(encoding="utf-8"))
    return {file.stem: _fill(snow, file) for file in sorted(folder.glob("*.csv"))}


def _fill(snow: FakeSnow, file: Path) -> int:
    table = f"{DATABASE}.{SCHEMA}.{file.stem}"
    source = str(file).replace("'", "''")
    [(rows,)] = snow.duck_conn.execute(
        f"INSERT INTO {table} BY NAME SELECT * FROM read_csv('{source}', header = true, all_varchar = true)"
    ).fetchall()
    return rows
