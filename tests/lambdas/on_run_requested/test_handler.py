"""A machine that was started learns what it works on, and whether it is a duplicate of another execution."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from lambdas.on_run_requested.handler import handler
from shared.errors import TerminalError
from shared.names import Variable

SCHEDULED = {"schedule": "lakewright-prod-daily_batch", "scheduled_time": "2026-11-23T03:00:00Z"}
STARTED = "2026-11-23T23:30:00.000Z"
TABLE = "known-runs"
# An execution runs until it is stopped, whether or not the stand-in for Step Functions follows the definition.
WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}


@pytest.fixture
def machine(aws, monkeypatch):
    """The table of known runs, and a machine whose executions have the status that a test gives them."""
    monkeypatch.setenv(Variable.KNOWN_RUNS_TABLE, TABLE)
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    service = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/machine"
    arn = service.create_state_machine(name="daily", definition=json.dumps(WAITS), roleArn=role)["stateMachineArn"]
    yield arn
    for execution in service.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        stop(execution["executionArn"])


def start(machine, name):
    return boto3.client("stepfunctions").start_execution(stateMachineArn=machine, name=name)["executionArn"]


def stop(execution):
    boto3.client("stepfunctions").stop_execution(executionArn=execution)


def event(execution, given=None, name="run-1"):
    execution = {"id": execution, "name": name, "started_at": STARTED}
    return {"request": given or {}, "execution": execution, "machine": "daily_batch"}


def known_runs():
    return boto3.resource("dynamodb").Table(TABLE).scan()["Items"]


def test_empty_input_is_the_ordinary_run_of_the_day_it_started_on(machine, context):
    answer = handler(event("arn:run-1"), context)

    nothing = {"tables": [], "replay": None, "window": None, "rollback": None}
    assert {"duplicate": False, "business_date": "2026-11-23", **nothing} == answer
    assert [] == known_runs()


@pytest.mark.parametrize(
    "started_at, expected",
    [
        pytest.param("2026-11-23T23:59:59Z", "2026-11-23", id="before midnight"),
        pytest.param("2026-11-24T00:30:00+01:00", "2026-11-23", id="after midnight, but not in UTC"),
        pytest.param("2026-11-24T00:00:00Z", "2026-11-24", id="midnight"),
    ],
)
def test_today_is_the_day_in_utc(machine, context, started_at, expected):
    given = event("arn:run-1")
    given["execution"]["started_at"] = started_at

    assert expected == handler(given, context)["business_date"]


def test_the_requested_work_is_what_the_run_works_on(machine, context):
    ordinary = {"tables": ["silver.orders+"], "replay": None, "window": None, "rollback": None}
    for part in (
        {"replay": {"table": "silver.orders", "rule": "currency_code_type"}},
        {"window": {"from": "2026-01-01", "to": "2026-02-01"}},
    ):
        asked = {"business_date": "2026-01-31", **ordinary, **part}
        assert {"duplicate": False, **asked} == handler(event("arn:run-1", asked), context)


def test_first_execution_of_a_schedule_claims_it_for_a_while(machine, context):
    first = start(machine, "run-1")

    assert not handler(event(first, SCHEDULED), context)["duplicate"]
    (item,) = known_runs()
    assert ("lakewright-prod-daily_batch#2026-11-23T03:00:00Z", first) == (item["id"], item["execution"])
    assert datetime(2027, 3, 3, 23, 30, tzinfo=UTC).timestamp() == item["expires_at"]


def test_second_delivery_is_a_duplicate_while_the_first_runs(machine, context):
    first, second = start(machine, "run-1"), start(machine, "run-2")
    handler(event(first, SCHEDULED), context)

    assert handler(event(second, SCHEDULED, "run-2"), context)["duplicate"]


def test_same_execution_asking_again_is_no_duplicate(machine, context):
    first = start(machine, "run-1")
    answers = [handler(event(first, SCHEDULED), context) for _ in range(2)]

    assert [False, False] == [answer["duplicate"] for answer in answers]


def test_run_that_was_stopped_can_be_started_again_once(machine, context):
    first, second, third = (start(machine, f"run-{i}") for i in (1, 2, 3))
    handler(event(first, SCHEDULED), context)
    stop(first)

    assert not handler(event(second, SCHEDULED, "run-2"), context)["duplicate"]
    assert handler(event(third, SCHEDULED, "run-3"), context)["duplicate"]


def test_execution_unknown_to_step_functions_holds_no_claim(machine, context):
    gone = start(machine, "run-1").replace("run-1", "gone")
    handler(event(gone, SCHEDULED), context)
    second = start(machine, "run-2")

    assert not handler(event(second, SCHEDULED, "run-2"), context)["duplicate"]


def test_another_time_of_the_schedule_is_another_run(machine, context):
    first, second = start(machine, "run-1"), start(machine, "run-2")
    handler(event(first, SCHEDULED), context)
    tomorrow = {**SCHEDULED, "scheduled_time": "2026-11-24T03:00:00Z"}

    assert not handler(event(second, tomorrow, "run-2"), context)["duplicate"]


def test_two_runs_started_by_hand_are_two_runs(machine, context):
    answers = [handler(event(start(machine, name), {}, name), context) for name in ("run-1", "run-2")]

    assert [False, False] == [answer["duplicate"] for answer in answers]


@pytest.mark.parametrize(
    "given, named",
    [
        pytest.param({"busines_date": "2026-01-31"}, "busines_date", id="an unknown key"),
        pytest.param({"business_date": "yesterday"}, "business_date", id="a day that is none"),
        pytest.param({"tables": "silver.orders"}, "tables", id="a text in place of a list"),
        pytest.param({"schedule": "s"}, "scheduled_time", id="half a start"),
        pytest.param({"window": {"from": "2026-01-01"}}, r"window\.to", id="half a window"),
        pytest.param(
            {"window": {"from": "1", "to": "2"}, "replay": {"table": "silver.a"}}, "window", id="a window of refusals"
        ),
    ],
)
def test_wrong_input_is_refused_by_name(machine, context, given, named):
    with pytest.raises(TerminalError, match=named) as refused:
        handler(event("arn:run-1", given), context)
    assert refused.value.mend.startswith("start the machine again")


def test_name_that_cannot_be_a_folder_is_refused(machine, context):
    with pytest.raises(TerminalError, match=r"execution\.name"):
        handler(event("arn:run-1", name="run 1/../2"), context)


def test_missing_variable_is_named(aws, context, monkeypatch):
    monkeypatch.delenv(Variable.KNOWN_RUNS_TABLE, raising=False)

    with pytest.raises(TerminalError, match=Variable.KNOWN_RUNS_TABLE):
        handler(event("arn:run-1"), context)
