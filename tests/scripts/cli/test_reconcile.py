"""`lake reconcile` shows the last comparison of the lake with its sources."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from jobs.runtime.files import write_text
from scripts.cli.root import root
from shared.jobs import Colour, Failure, Status, Step, TableOutcome
from shared.ledger import RunRecord
from shared.names import run_location
from shared.reconciliation import Comparison, Measure, Verdict
from tests.support.hand_made_lake import write_contracts

ORDERS, STOCK, SILVER = "bronze.shop__orders", "bronze.shop__stock", "silver.orders"


def comparison(left, right, verdict, *rows, **facts):
    measures = (
        Measure(name="rows", left=rows[0], right=rows[1]),
        Measure(name="sum of amount", left="1.5", right="1.5"),
    )
    return Comparison(left=left, right=right, span="whole", measures=measures, verdict=verdict, **facts)


def outcome(table, *comparisons, **facts):
    given = {"status": Status.SUCCEEDED, **facts}
    return TableOutcome(table=table, step=Step.RECONCILE, reconciled=comparisons, **given)


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """A lake of two runs, of which the newer one has looked at the orders again; a table that was not read as yet."""
    catalog = write_contracts(tmp_path / "contracts")
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    lake = tmp_path / "lake"

    def leave(run_id, day, *outcomes):
        finished = f"2026-01-0{day}T04:00:00+00:00"
        facts = {"env": "local", "business_date": date(2026, 1, day), "colour": Colour.GREEN, "finished_at": finished}
        record = RunRecord(run_id=run_id, outcomes=outcomes, versions=(), **facts)
        write_text(run_location(str(lake), run_id), record.model_dump_json())

    green = comparison("shop", ORDERS, Verdict.GREEN, "1200", "1200")
    red = comparison("shop", ORDERS, Verdict.RED, "1200", "1000")
    failure = Failure(error="DifferenceError", message="bronze.shop__orders does not reconcile", retryable=False)
    made = TableOutcome(table=ORDERS, step=Step.INGEST, status=Status.UNCHANGED)
    leave(
        "run-1",
        1,
        made,
        outcome(ORDERS, red, failure=failure, status=Status.FAILED),
        outcome(STOCK, reason="not compared: s3"),
    )
    silver = comparison(ORDERS, SILVER, Verdict.YELLOW, "9", "8", refused=3, deleted=2)
    leave("run-2", 2, made, outcome(ORDERS, green, silver, reason="rows 9 and 8"))

    def call(*arguments, columns="150"):
        return CliRunner().invoke(root, ["reconcile", *arguments, "--root", str(lake)], env={"COLUMNS": columns})

    return call, leave, outcome(ORDERS, red, failure=failure, status=Status.FAILED)


def test_the_newest_word_of_every_table_is_shown(ask):
    call, *_ = ask
    answer = call()
    lines = [line.split() for line in answer.output.splitlines()]

    assert 0 == answer.exit_code
    assert ["shop", ORDERS, "1,200", "1,200", "green", "0", "0", "all", "2", "agree", "whole", "run-2"] in lines
    assert [ORDERS, SILVER, "9", "8", "yellow", "3", "2", "differ:", "rows", "whole", "run-2"] in lines
    assert f"{STOCK}: not compared: s3" in answer.output
    assert "bronze.shop__customers" in answer.output
    assert "no run has reconciled it" in answer.output
    narrow = call(columns="100").output.splitlines()
    assert ["shop", ORDERS, "1,200", "1,200", "green"] in [line.split() for line in narrow]


def test_one_table_is_shown_with_every_figure_whichever_side_it_is(ask):
    call, *_ = ask
    for table in (ORDERS, SILVER):
        lines = [line.split() for line in call(table).output.splitlines()]
        assert [ORDERS, SILVER, "rows", "9", "8", "yellow", "whole", "2026-01-02", "04:00"] in lines
        assert [ORDERS, SILVER, "sum", "of", "amount", "1.5", "1.5", "whole", "2026-01-02", "04:00"] in lines


def test_json_has_both_sides_of_every_figure(ask):
    call, *_ = ask
    [told] = json.loads(call(ORDERS, "--json").output)

    assert (ORDERS, "run-2", "2026-01-02T04:00:00Z") == (told["table"], told["run_id"], told["at"])
    assert {"name": "rows", "left": "9", "right": "8"} == told["comparisons"][1]["measures"][0]
    assert "yellow" == told["comparisons"][1]["verdict"]


def test_a_failed_reconciliation_is_red_and_an_unknown_table_a_wrong_request(ask):
    call, leave, failed = ask
    leave("run-3", 3, failed)

    assert 1 == call().exit_code
    assert "bronze.shop__orders does not reconcile" in call(ORDERS).output
    assert 2 == call("silver.none").exit_code
