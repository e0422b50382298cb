"""The command shows which tables would go back, and refuses what is no run or no lake in a folder."""

import pytest
from click.testing import CliRunner

from scripts.cli.rollback import command
from tests.support.hand_made_lake import FIRST, RED, UNFINISHED


def test_dry_run_shows_which_tables_would_go_back_and_touches_none(ask, ask_json):
    back = {"version": 1, "last_run": RED, "version_then": 0, "last_run_then": FIRST}

    tables = ("bronze.shop__orders", "silver.orders")
    assert [{"table": table, **back} for table in tables] == ask_json("rollback", FIRST, "--dry-run")
    assert [{"table": "silver.orders", **back}] == ask_json("rollback", FIRST, "--dry-run", "--select", "silver.orders")
    assert "silver.orders" in ask("rollback", FIRST, "--dry-run").output
    assert [] == ask_json("rollback", RED, "--dry-run")
    assert f"Nothing has changed since {RED}." in ask("rollback", RED, "--dry-run").output


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
