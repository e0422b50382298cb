"""Each version of a file that lands gets one run, however often the event is delivered."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from lambdas.events import SENT_BY_AWS
from lambdas.on_file_landed.handler import handler
from shared.errors import TerminalError
from shared.events import RunRequest
from shared.names import Variable

EVENT = json.loads((Path(__file__).parents[2] / "events" / "s3_object_created.json").read_text())
TABLE = "known-runs"
DEFINITION = json.dumps({"StartAt": "Read", "States": {"Read": {"Type": "Succeed"}}})


@pytest.fixture
def machine(aws, monkeypatch):
    """The table of known runs and a machine that can be started."""
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    arn = boto3.client("stepfunctions").create_state_machine(
        name="files", definition=DEFINITION, roleArn="arn:aws:iam::123456789012:role/machine"
    )["stateMachineArn"]
    monkeypatch.setenv(Variable.KNOWN_RUNS_TABLE, TABLE)
    monkeypatch.setenv(Variable.FILE_LANDED_ARN, arn)
    return arn


def executions(machine):
    return boto3.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]


def changed(**facts):
    event = copy.deepcopy(EVENT)
    for key, value in facts.items():
        name = key.replace("_", "-")
        event["detail"]["object"].pop(name)
        if value is not None:
            event["detail"]["object"][name] = value
    return event


def test_the_run_is_started_for_the_file(machine, context):
    answer = handler(EVENT, context)

    (execution,) = executions(machine)
    given = boto3.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])["input"]
    assert {"execution": execution["executionArn"]} == answer
    assert ("s3://landing-bucket/crm/accounts/2024-01-26 (2).csv",) == RunRequest.model_validate_json(given).files


def test_an_event_delivered_twice_does_nothing_the_second_time(machine, context):
    first, second = handler(EVENT, context), handler(changed(sequencer="another delivery"), context)

    assert first == second
    assert 1 == len(executions(machine))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(changed(version_id="another"), id="another version"),
        pytest.param(changed(key="crm/accounts/2024-01-27.csv"), id="another key"),
        pytest.param(changed(version_id=None), id="no version, so its hash"),
    ],
)
def test_another_file_is_another_run(machine, context, other):
    handler(EVENT, context)
    handler(other, context)
    handler(other, context)

    assert 2 == len(executions(machine))


def test_a_failed_start_is_repeated_at_the_next_delivery(machine, context, monkeypatch):
    monkeypatch.setenv(Variable.FILE_LANDED_ARN, machine + "-gone")
    with pytest.raises(boto3.client("stepfunctions").exceptions.StateMachineDoesNotExist):
        handler(EVENT, context)
    monkeypatch.setenv(Variable.FILE_LANDED_ARN, machine)

    assert handler(EVENT, context)["execution"] == executions(machine)[0]["executionArn"]


def test_what_is_remembered_expires_after_100_days_by_the_tables_own_attribute(machine, context):
    before = datetime.now(UTC)
    handler(EVENT, context)

    (item,) = boto3.resource("dynamodb").Table(TABLE).scan()["Items"]
    assert {"id", "expires_at", "status"} <= set(item)
    # Archives of events are replayed within that time.
    assert 100 == (datetime.fromtimestamp(int(item["expires_at"]), UTC) - before + timedelta(minutes=1)).days


def test_another_event_is_refused(machine, context):
    with pytest.raises(TerminalError, match="the event is wrong at detail") as refused:
        handler({"source": "aws.s3"}, context)
    # AWS sends it: there is no machine to start again.
    assert SENT_BY_AWS == refused.value.mend
