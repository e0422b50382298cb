"""`lake rollback` shows which tables would change, and refuses an unknown run or a lake in a bucket."""

import json
import shutil

import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from scripts.cli.rollback import command
from tests.support.hand_made_lake import FIRST, RED, UNFINISHED, HandMadeLake


def test_dry_run_shows_which_tables_would_go_back_and_touches_none(ask, ask_json):
    back = {"version": 1, "last_run": RED, "version_then": 0, "last_run_then": FIRST}

    tables = ("bronze.shop__orders", "silver.orders")
    assert [{"table": table, **back} for table in tables] == ask_json("rollback", FIRST, "--dry-run")
    assert [{"table": "silver.orders", **back}] == ask_json("rollback", FIRST, "--dry-run", "--select", "silver.orders")
    assert "silver.orders" in ask("rollback", FIRST, "--dry-run").output
    assert [] == ask_json("rollback", RED, "--dry-run")
    assert f"Nothing has changed since {RED}." in ask("rollback", RED, "--dry-run").output


def test_dry_run_shows_rows_deleted_without_a_batch_and_says_of_each_table_why_it_would_be_refused(
    shop, tmp_path, monkeypatch
):
    place, catalog = shop
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    root = tmp_path / "lake"
    shutil.copytree(place, root)
    DeltaTable(f"{root}/silver/customers").delete()
    DeltaTable(f"{root}/silver/lines").delete()
    for file in (root / "silver" / "lines").glob("*.parquet"):
        file.unlink()
    shutil.rmtree(f"{root}/gold/totals")
    HandMadeLake(root, catalog).put("gold.totals", RED, 1, [7, "Ann", 2, "31.00"])

    answer = CliRunner().invoke(command, [FIRST, "--dry-run", "--json", "--root", str(root)])

    back = {"version": 1, "version_then": 0, "last_run_then": FIRST}
    runs = {"bronze.shop__orders": RED, "silver.customers": FIRST, "silver.orders": RED}
    found = sorted(json.loads(answer.stdout), key=lambda way: way["table"])
    assert [{"table": table, "last_run": run, **back} for table, run in runs.items()] == found
    assert 1 == answer.exit_code
    refused = sorted(answer.stderr.splitlines())
    assert 2 == len(refused)
    assert "It would be refused: version 0 of gold.totals was of a table that is no longer there" in refused[0]
    assert (
        "version 0 of silver.lines cannot be read any more; given: 1 of the files that it names are gone" in refused[1]
    )


@pytest.mark.parametrize(
    "arguments, words",
    [
        pytest.param(["run-9"], ["unknown run", "run-9", FIRST], id="a run"),
        pytest.param([UNFINISHED], ["has not finished"], id="an unfinished run"),
        pytest.param([FIRST, "--select", "silver.none"], ["unknown table", "silver.none"], id="a table"),
    ],
)
def test_wrong_request_ends_with_two(ask, arguments, words):
    result = ask("rollback", *arguments)

    assert 2 == result.exit_code
    assert [] == [word for word in words if word not in result.output]


def test_lake_in_a_bucket_is_the_machines_to_roll_back():
    result = CliRunner().invoke(command, [FIRST, "--root", "s3://b"])

    assert (2, True) == (result.exit_code, 'start the machine maintenance with {"rollback"' in result.output)
