"""`lake detokenize` turns tokens back, reports unknown ones, and records who asked."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import write_deltalake

from scripts.cli.root import root
from shared.names import TableName, pii_folder
from shared.vault import vault_location
from tests.support.hand_made_lake import FILES, JANUARY, HandMadeLake, write_contracts

NAME = "{name: name, logicalType: string, physicalType: string, description: Text.}"
CLOSED = NAME.replace("description", "classification: restricted, description")
CLEAR = "transformLogic: trim(name), description: Name.}"
TOKEN = CLEAR.replace(
    "Name.}", "Name., classification: restricted, customProperties: [{property: treatment, value: tokenize}]}"
)
ANN, BOB, NOBODY = "tok:k1:aa", "tok:k1:bb", "tok:k1:cc"
COLUMN = "silver.customers.name"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A lake with the tokens of two people, and their vault."""
    files = FILES | {
        "bronze.shop__customers": FILES["bronze.shop__customers"].replace(NAME, CLOSED),
        "silver.customers": FILES["silver.customers"].replace(CLEAR, TOKEN),
    }
    catalog = write_contracts(tmp_path / "contracts", files)
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    lake = HandMadeLake(tmp_path / "lake", catalog)
    lake.put("silver.customers", "run-1", 1, [7, ANN, JANUARY], [8, BOB, JANUARY])
    vault = vault_location(pii_folder(lake.root), TableName.parse("silver.customers"))
    write_deltalake(vault, pa.table({"token": [ANN, BOB], "value": ["Ann Lee", "Bob"]}))
    return lake.root


def ask(place, *arguments, **how):
    return CliRunner().invoke(root, ["detokenize", *arguments, "--root", place], env={"COLUMNS": "100"}, **how)


def records(place):
    return [json.loads(file.read_text()) for file in sorted(Path(place, "detokenizations").glob("*.json"))]


def test_tokens_are_turned_back_in_their_order_and_who_asked_is_recorded_without_a_value(place, tmp_path):
    answer = ask(place, COLUMN, BOB, ANN, BOB, "--json", "--reason", "case 5003")

    assert (0, "") == (answer.exit_code, answer.stderr)
    expected = [{"token": BOB, "value": "Bob"}, {"token": ANN, "value": "Ann Lee"}]
    assert expected == json.loads(answer.stdout)
    [record] = records(place)
    assert record.pop("asked_at")
    assert {
        "by": getpass.getuser(),
        "reason": "case 5003",
        "column": COLUMN,
        "tokens": [BOB, ANN],
        "known": 2,
    } == record


def test_people_see_values_and_are_told_of_tokens_that_stand_for_nothing(place):
    answer = ask(place, COLUMN, "--file", "-", input=f"{NOBODY}\n\n  {ANN}\n")

    assert 1 == answer.exit_code
    assert [["token", "value"], [NOBODY, "-"], [ANN, "Ann", "Lee"]] == [x.split() for x in answer.stdout.splitlines()]
    assert f"1 of 2 tokens stand for nothing in {COLUMN}: {NOBODY}" in answer.stderr
    assert [1] == [record["known"] for record in records(place)]


def test_nothing_is_shown_where_it_cannot_be_recorded(place):
    Path(place, "detokenizations").write_text("in the way")

    answer = ask(place, COLUMN, ANN)

    assert 0 != answer.exit_code
    assert "Ann Lee" not in answer.output


@pytest.mark.parametrize(
    "arguments, words",
    [
        pytest.param([COLUMN], "there is no token", id="no token"),
        pytest.param(["silver.customers.changed_at", ANN], f"expected: one of {COLUMN}", id="no tokens there"),
        pytest.param(["silver.customers", ANN], f"expected: one of {COLUMN}", id="no column"),
    ],
)
def test_a_wrong_request_ends_with_two_and_is_not_recorded(place, arguments, words):
    answer = ask(place, *arguments)

    assert 2 == answer.exit_code
    assert words in answer.stderr
    assert [] == records(place)


def test_no_other_command_reads_a_vault(place):
    answer = CliRunner().invoke(root, ["sql", 'select * from vault."silver.customers"', "--root", place])

    assert 2 == answer.exit_code
    assert "Ann Lee" not in answer.output
