"""A requested backfill is answered with its windows, each with the name of its run."""

import pytest

from lambdas.on_backfill_requested.handler import handler
from shared.errors import TerminalError, WindowError

STARTED = "2026-11-23T23:30:00.000-02:00"
ASKED = {"from": "2011-06-01", "to": "2011-07-11", "every": "1 month", "tables": ["silver.orders+"]}


def event(given, name="backfill-1"):
    return {"request": given, "execution": {"id": "arn", "name": name, "started_at": STARTED}}


def test_windows_are_named_and_all_runs_work_on_the_day_of_the_start(context):
    answer = handler(event(ASKED), context)

    assert {
        "machine": "daily_batch",
        "tables": ["silver.orders+"],
        "business_date": "2026-11-24",
        "windows": [
            {"run": "backfill-1-001", "window": {"from": "2011-06-01", "to": "2011-07-01"}},
            {"run": "backfill-1-002", "window": {"from": "2011-07-01", "to": "2011-07-11"}},
        ],
    } == answer


def test_an_empty_request_is_answered_with_no_window(context):
    assert [] == handler(event({}), context)["windows"]


def test_machine_and_day_are_handed_on(context):
    answer = handler(event(ASKED | {"machine": "salesforce_ingestion", "business_date": "2011-08-01"}), context)

    assert ("salesforce_ingestion", "2011-08-01") == (answer["machine"], answer["business_date"])


@pytest.mark.parametrize(
    "given, name, error, told",
    [
        pytest.param({"evry": "1 day"}, "b", TerminalError, "evry", id="an unknown key"),
        pytest.param({"from": "2011-06-01"}, "b", TerminalError, "give all three", id="half a request"),
        pytest.param(ASKED | {"every": "1 fortnight"}, "b", WindowError, "1 fortnight", id="no such length"),
        pytest.param(ASKED | {"tables": ["orders"]}, "b", TerminalError, "<layer>.<table>", id="no table's name"),
        pytest.param(ASKED, "b" * 77, TerminalError, "76 characters", id="a name too long"),
    ],
)
def test_a_wrong_input_is_refused_with_what_is_wrong(context, given, name, error, told):
    with pytest.raises(error, match=told):
        handler(event(given, name), context)
