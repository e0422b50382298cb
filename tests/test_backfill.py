"""A backfill of many windows on this computer, held against one run with the whole window, row by row."""

from __future__ import annotations

import io
import json
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from deltalake import DeltaTable
from rich.console import Console

from scripts.cli.root import root as command_line
from scripts.looking.lake import open_lake
from scripts.looking.runs import all_runs
from scripts.running.backfill import run_backfill
from scripts.running.local_lake import LocalLake
from scripts.running.run import request, run_machine
from scripts.sources.deliveries import DELIVERIES, ORDERS
from shared.backfill import BackfillRequest
from shared.contracts import load_catalog
from shared.jobs import Colour, Job, Step, Window
from shared.names import Machine, Roots, TableName, pii_folder, quarantine_location, table_location

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

pytestmark = [pytest.mark.examples, pytest.mark.slow, pytest.mark.long]

CUSTOMERS = ("bronze.snowflake__customers", "silver.customers")
TABLES = ("bronze.snowflake__orders", "bronze.snowflake__order_lines", "silver.orders", "silver.order_lines")
SUMMER = {"from": "2011-06-01", "to": "2011-09-01", "every": "1 month"}
MONTHS = [("2011-06-01", "2011-07-01"), ("2011-07-01", "2011-08-01"), ("2011-08-01", "2011-09-01")]
# Where the stand-in of Snowflake holds the shop's orders.
DATABASE, SCHEMA = "SHOP", "SALES"
NOWHERE = Console(file=io.StringIO())


def rows(root: Path, name: str) -> pa.Table:
    """All rows of a table, but for what says how they came in."""
    table = load_catalog().table(name)
    place = Roots(str(root), pii_folder(str(root))).of(is_personal=table.is_personal)
    found = DeltaTable(table_location(place, table.name)).to_pyarrow_table()
    how = [name for name in found.column_names if name.startswith("_") or name == "landed_sequence"]
    told = found.drop_columns(how)
    return told.sort_by([(column, "ascending") for column in table.primary_key])


def refused(root: Path, name: str) -> list[tuple[str, list[str]]]:
    """Every row in a table's quarantine: its key and the rules it failed."""
    found = DeltaTable(quarantine_location(str(root), TableName.parse(name))).to_pyarrow_table().to_pylist()
    return sorted((row["row_key"], sorted(row["rules"])) for row in found)


def lose_orders_in_july(lake: LocalLake) -> None:
    """The shop's table of orders is not there while the window of July is read, and is there again afterwards."""
    source, run = lake.sources.snowflake, lake.driver.run
    rows_of_orders, aside = source.tables / f"{ORDERS}.csv", lake.root / f"{ORDERS}.csv"
    definitions = source.tables / "tables.sql"
    defined = definitions.read_text()

    def run_without_orders(job_run):
        job = Job.model_validate_json(job_run.arguments[1])
        if job.step is not Step.INGEST or job.window is None or job.window.since != MONTHS[1][0]:
            return run(job_run)
        rows_of_orders.rename(aside)
        definitions.write_text(f"{defined}\nDROP TABLE {DATABASE}.{SCHEMA}.{ORDERS};\n")
        source.load()
        try:
            return run(job_run)
        finally:
            aside.rename(rows_of_orders)
            definitions.write_text(defined)
            source.load()

    lake.driver.run = run_without_orders


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two lakes with the same customers and no orders."""
    folder = tmp_path_factory.mktemp("lakes")
    first, second = folder / "windows", folder / "whole"
    with LocalLake(first, DELIVERIES[-1], NOWHERE) as lake:
        run_machine(lake, Machine.DAILY_BATCH, request(CUSTOMERS, None), NOWHERE)
    shutil.copytree(first, second)
    return first, second


def test_red_window_stops_no_other_and_all_together_are_one_run_with_the_whole_window(lakes):
    windows, whole = lakes
    asked = BackfillRequest.model_validate(SUMMER | {"tables": TABLES, "business_date": date(2026, 11, 26)})
    with LocalLake(windows, DELIVERIES[-1], NOWHERE) as lake:
        lose_orders_in_july(lake)
        runs, cause = run_backfill(lake, asked, NOWHERE)

    ledger = {run.run_id: run.colour for run in all_runs(open_lake(str(windows)))}
    assert MONTHS == [(run.window.since, run.window.until) for run in runs]
    assert [Colour.GREEN, Colour.RED, Colour.GREEN] == [ledger[run.run] for run in runs]
    assert f"1 of 3 windows are red; start the backfill again, or one with these alone:\n{runs[1].run}: " in cause
    assert {"2011-06", "2011-08"} == {
        at.isoformat()[:7] for at in rows(windows, "silver.orders")["modified_at"].to_pylist()
    }

    options = [word for name, value in SUMMER.items() for word in (f"--{name}", value)]
    options += [word for table in TABLES for word in ("--select", table)]
    day = ("--business-date", "2026-11-26")
    answer = CliRunner().invoke(command_line, ["backfill", *options, *day, "--root", str(windows), "--json"])
    told = json.loads(answer.stdout)
    assert (0, MONTHS) == (answer.exit_code, [(window["from"], window["to"]) for window in told])
    assert ["green"] * 3 == [window["colour"] for window in told]
    assert {run["run_id"] for run in told} < {run.run_id for run in all_runs(open_lake(str(windows)))}

    with LocalLake(whole, DELIVERIES[-1], NOWHERE) as lake:
        one = Window(since=SUMMER["from"], until=SUMMER["to"])
        record, _ = run_machine(lake, Machine.DAILY_BATCH, request(TABLES, date(2026, 11, 26), one), NOWHERE)
    assert Colour.GREEN == record.colour
    for table in TABLES:
        expected, actual = rows(whole, table), rows(windows, table)
        assert (expected.schema, expected.num_rows) == (actual.schema, actual.num_rows), table
        assert expected.to_pylist() == actual.to_pylist(), table
        assert actual.num_rows > 100
    assert refused(whole, "silver.order_lines") == refused(windows, "silver.order_lines") != []
