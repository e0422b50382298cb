"""A lake's sources are filled once from the samples and the contracts, and can go from the first day to the second."""

import csv
import json

import pytest
from click.testing import CliRunner

from scripts.cli.root import root
from scripts.generating.copies import Copying
from scripts.generating.generated import generated_orders, generated_records, read_copying
from scripts.sources.salesforce.records import salesforce_records
from scripts.sources.stand_ins import StandIns
from shared.errors import TerminalError

pytestmark = pytest.mark.slow

TABLES = "sources/snowflake/tables"


def generate(folder, *options):
    return CliRunner().invoke(root, ["generate", "--root", str(folder), *options])


def column(folder, table, name):
    with (folder / TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lake") / "of two words"
    answer = generate(folder, "--scale", "3", "--json")
    assert 0 == answer.exit_code, answer.output
    return folder, {row["table"]: row["rows"] for row in json.loads(answer.stdout)}


def test_every_reference_of_a_copy_leads_to_its_parent_or_to_one_that_is_late(lake):
    folder, rows = lake
    orders, customers = column(folder, "SALESORDERHEADER", "salesorderid"), column(folder, "CUSTOMER", "customerid")
    assert rows["bronze.snowflake__orders"] == len(orders)
    assert rows["bronze.snowflake__customers"] == len(customers) >= 3 * 19_000
    pointed = set(column(folder, "SALESORDERHEADER", "customerid")) - {""}
    assert len(pointed - set(customers)) < 0.02 * len(pointed)
    lines = set(column(folder, "SALESORDERDETAIL", "salesorderid"))
    assert len(lines - set(orders)) < 0.02 * len(lines)


def test_files_of_the_crm_point_to_accounts_of_their_own_copy_and_have_dirty_rows(lake):
    folder, _ = lake

    def drop(entity):
        [path] = (folder / "landing" / "crm" / entity).glob("*-generated.csv")
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    accounts, contacts, opportunities = map(drop, ("accounts", "contacts", "opportunities"))
    for pointing in (contacts, opportunities):
        pointed = {row["AccountId"] for row in pointing} - {""}
        assert len(pointed - {row["Id"] for row in accounts}) < 0.05 * len(pointed)
    dirty = [
        row for row in (*accounts, *contacts, *opportunities) if not (row["CreatedDate"] and row["SystemModstamp"])
    ]
    assert 1 <= len(dirty) < 0.05 * len(accounts + contacts + opportunities)


def test_the_topics_and_salesforce_hold_as_many_copies(lake):
    copying = read_copying(lake[0])
    assert Copying(scale=3, seed=1, day=1) == copying
    assert 3 == len({int(o["salesorderid"]) // 1_000_000 for o in generated_orders(copying)})
    contacts, samples = generated_records(copying)["Contact"], salesforce_records(1)["Contact"]
    assert 2.9 * len(samples) < len(contacts) <= 3 * len(samples)
    assert len(contacts) == len({c["Id"] for c in contacts}) == lake[1]["bronze.salesforce__contacts"]


def test_sources_pass_to_the_second_day_and_no_other_way(lake, tmp_path):
    folder, _ = lake
    for options in (["--scale", "2"], ["--scale", "3", "--seed", "2"]):
        answer = generate(folder, *options)
        assert (2, True) == (answer.exit_code, "hold something else" in answer.stderr)
    before = {f: f.stat().st_mtime_ns for f in folder.rglob("landing/**/*.csv")}
    answer = generate(folder, "--scale", "3", "--day", "2")
    assert (0, True) == (answer.exit_code, answer.stdout.endswith(f"./lake run daily_batch --root '{folder}'\n"))
    assert before == {f: f.stat().st_mtime_ns for f in before}
    assert len(before) < len(list(folder.rglob("landing/**/*.csv")))
    assert 2 == generate(folder, "--scale", "3").exit_code

    (tmp_path / "runs").mkdir()
    assert 2 == generate(tmp_path, "--scale", "3").exit_code


def test_the_stand_ins_are_at_the_day_that_was_generated_and_take_no_other(lake):
    stand_ins = StandIns(lake[0], 1)
    assert read_copying(lake[0]).day == stand_ins.delivery
    with pytest.raises(TerminalError, match="hold generated data"):
        stand_ins.deliver(2)
