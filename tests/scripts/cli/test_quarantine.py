"""`lake quarantine` counts and shows refused rows, and reads them again."""

import pytest

from scripts.cli import quarantine
from shared.events import RunRequest
from shared.jobs import Replay


def test_overview_is_one_object_per_table_and_rule(ask_json):
    found = ask_json("quarantine")

    assert ["bronze.shop__orders", "silver.lines", "silver.orders"] == [row["table"] for row in found]
    assert {
        "table": "silver.orders",
        "rule": "amount_not_negative",
        "rows": 1,
        "first_run": "run-2",
        "first_at": "2026-01-01T04:02:00Z",
        "last_run": "run-2",
        "last_at": "2026-01-01T04:02:00Z",
    } == found[2]


def test_rows_of_a_table_are_whole(ask_json):
    assert [
        {
            "table": "silver.orders",
            "batch": 2,
            "run_id": "run-2",
            "quarantined_at": "2026-01-01T04:02:00Z",
            "rules": ["amount_not_negative"],
            "source_position": "orders/2.csv#3",
            "row_key": '{"order_id":4}',
            "row": '{"order_id": "4", "amount_eur": "-5"}',
            "contract": "0" * 16,
        }
    ] == ask_json("quarantine", "silver.orders")


def test_rule_picks_rows(ask_json):
    assert [] == ask_json("quarantine", "silver.orders", "--rule", "amount_usual")
    assert 1 == len(ask_json("quarantine", "--rule", "order_id_exists"))


def test_people_see_rule_position_and_row(ask):
    head, line = ask("quarantine", "silver.orders").stdout.splitlines()

    assert ["batch", "quarantined", "(UTC)", "rules", "source", "row"] == head.split()
    assert ["2", "2026-01-01", "04:02", "amount_not_negative", "orders/2.csv#3", "{"] == line.partition('"')[0].split()


def test_people_are_told_of_rows_that_are_not_shown_and_json_has_all(ask, ask_json, monkeypatch):
    monkeypatch.setattr(quarantine, "SHOWN", 0)
    assert 1 == len(ask_json("quarantine", "silver.orders"))
    told = ask("quarantine", "silver.orders").stdout
    assert "orders/2.csv#3" not in told
    assert told.endswith("There are more; --json gives all.\n")


def test_show_may_be_said(ask):
    assert ask("quarantine", "silver.orders").stdout == ask("quarantine", "show", "silver.orders").stdout


@pytest.mark.parametrize(
    "table, told",
    [
        pytest.param("gold.sales", "a table that is built", id="refuses nothing"),
        pytest.param("silver.nothing", "unknown table", id="no table"),
    ],
)
def test_replay_of_what_cannot_be_replayed_is_refused_before_anything_starts(ask, table, told):
    answer = ask("quarantine", "replay", table)

    assert 2 == answer.exit_code
    assert told in answer.stderr


def test_replay_is_a_run_of_the_table_and_what_depends_on_it(ask, monkeypatch):
    started = []
    monkeypatch.setattr("scripts.cli.run.run_here", lambda *asked, as_json: started.append((*asked, as_json)))
    ask("quarantine", "replay", "silver.orders", "--rule", "amount_not_negative")
    [(_, machine, given, _)] = started
    request = RunRequest.model_validate(given)

    assert ("daily_batch", ("silver.orders+",)) == (machine, request.tables)
    assert Replay(table="silver.orders", rule="amount_not_negative") == request.replay


def test_nothing_refused_is_said(ask):
    assert "Nothing is quarantined of silver.customers" == ask("quarantine", "silver.customers").stdout.strip()
