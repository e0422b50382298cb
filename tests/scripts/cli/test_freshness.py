"""`lake freshness` shows how old tables are, and is red if one is older than promised."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from jobs.runtime.files import write_text
from scripts.cli.root import root
from shared.contracts import Catalog
from shared.contracts.freshness import Freshness
from shared.jobs import Colour, Status, Step, TableOutcome
from shared.ledger import RunRecord
from shared.names import run_location
from tests.support.hand_made_lake import write_contracts

ORDERS, STOCK = "bronze.shop__orders", "bronze.shop__stock"


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Call the command on a lake whose orders and stock were read so many hours ago; both may be 26 hours old."""
    catalog = write_contracts(tmp_path / "contracts")
    promising = {n: replace(catalog.table(n), freshness=Freshness(seconds=26 * 3600)) for n in (ORDERS, STOCK)}
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: Catalog({**catalog.tables, **promising}))
    lake = tmp_path / "lake"

    def call(*arguments, **hours_ago):
        for table, hours in hours_ago.items():
            finished = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")
            outcome = TableOutcome(table=f"bronze.shop__{table}", step=Step.INGEST, status=Status.UNCHANGED)
            facts = {"env": "local", "business_date": date(2026, 1, 1), "colour": Colour.GREEN}
            record = RunRecord(run_id=table, finished_at=finished, outcomes=(outcome,), versions=(), **facts)
            write_text(run_location(str(lake), table), record.model_dump_json())
        return CliRunner().invoke(root, ["freshness", *arguments, "--root", str(lake)], env={"COLUMNS": "100"})

    return call


def test_all_is_well_while_every_table_is_young_enough(ask):
    answer = ask(orders=25.5, stock=1.5)

    assert 0 == answer.exit_code
    assert "table promised age up to date as of (UTC) status" == " ".join(answer.output.splitlines()[0].split())
    lines = [line.split() for line in answer.output.splitlines()]
    assert [ORDERS, "1", "d", "2", "h", "1", "d", "1", "h", "fresh"] in [[*line[:-3], line[-1]] for line in lines]
    assert [STOCK, "1", "d", "2", "h", "1", "h", "30", "min", "fresh"] in [[*line[:-3], line[-1]] for line in lines]


def test_what_is_late_comes_first_and_is_red(ask):
    answer = ask(orders=1, stock=27)

    assert 1 == answer.exit_code
    assert [[STOCK, "late"], [ORDERS, "fresh"]] == [
        [line.split()[0], line.split()[-1]] for line in answer.output.splitlines()[1:]
    ]


def test_a_table_that_no_run_knows_is_late_for_programs_too(ask):
    answer = ask("--json", orders=1)
    found = {fact["table"]: fact for fact in json.loads(answer.stdout)}

    assert 1 == answer.exit_code
    unknown = {"table": STOCK, "promised_seconds": 93_600, "cursor": None, "as_of": None, "late": True}
    assert unknown == found[STOCK]
    assert (False, 93_600) == (found[ORDERS]["late"], found[ORDERS]["promised_seconds"])


def test_a_folder_that_is_no_lake_is_a_wrong_request(tmp_path):
    answer = CliRunner().invoke(root, ["freshness", "--root", str(tmp_path / "nowhere")])

    assert 2 == answer.exit_code
