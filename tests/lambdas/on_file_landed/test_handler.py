"""Files that land start one run at a time, and none if a run has read them already."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from lambdas.events import SENT_BY_AWS
from lambdas.on_file_landed.handler import handler
from lambdas.on_file_landed.logic import FileRuns
from shared.errors import TerminalError
from shared.events import RunRequest
from shared.names import Variable

EVENT = json.loads((Path(__file__).parents[2] / "events" / "s3_object_created.json").read_text())
WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}


@pytest.fixture
def machine(aws, monkeypatch):
    """A machine; its executions are in progress until they are ended."""
    arn = boto3.client("stepfunctions").create_state_machine(
        name="files", definition=json.dumps(WAITS), roleArn="arn:aws:iam::123456789012:role/machine"
    )["stateMachineArn"]
    monkeypatch.setenv(Variable.FILE_LANDED_ARN, arn)
    yield arn
    end(arn)


def executions(machine):
    """What started, the newest first."""
    return boto3.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]


def end(machine):
    """End all executions; the laptop's interpreter, if another test has put it in, takes a moment for it."""
    for execution in executions(machine):
        if execution["status"] == "RUNNING":
            boto3.client("stepfunctions").stop_execution(executionArn=execution["executionArn"])
    while any(execution["status"] == "RUNNING" for execution in executions(machine)):
        time.sleep(0.01)


def states_that_date_back():
    """A client of Step Functions whose list of executions says that they started five minutes earlier."""

    def redate(parsed, **_):
        for execution in parsed["executions"]:
            execution["startDate"] -= timedelta(minutes=5)

    made = boto3.client("stepfunctions")
    made.meta.events.register("after-call.sfn.ListExecutions", redate)
    return made


def message(id_, landed):
    return {"messageId": id_, "body": json.dumps({**EVENT, "time": f"{landed:%Y-%m-%dT%H:%M:%SZ}"})}


def call(context, **landed):
    """Deliver a message for each file, and return those that are handed back."""
    answer = handler({"Records": [message(id_, at) for id_, at in landed.items()]}, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def ago(**time):
    return datetime.now(UTC) - timedelta(**time)


def test_files_that_land_together_start_one_run_of_all_files(machine, context):
    assert [] == call(context, one=ago(minutes=3), two=ago(minutes=1))

    [execution] = executions(machine)
    states = boto3.client("stepfunctions")
    given = states.describe_execution(executionArn=execution["executionArn"])["input"]
    assert RunRequest() == RunRequest.model_validate_json(given)
    # A machine that was deployed anew over the same lake has runs of other names.
    created = states.list_state_machines()["stateMachines"][0]["creationDate"]
    assert f"landed-after-{created:%Y%m%dT%H%M%S}" == execution["name"]


@pytest.mark.parametrize("goes_on", [True, False], ids=["in progress", "over"])
def test_a_run_reads_what_landed_before_it_however_often_and_late_the_event_comes(machine, context, goes_on):
    call(context, one=ago(minutes=1))
    if not goes_on:
        end(machine)

    assert [] == call(context, one=ago(minutes=1), of_an_archive=ago(days=400))
    assert 1 == len(executions(machine))


def test_a_file_that_lands_during_a_run_waits_for_its_end_and_starts_the_next(machine, context):
    call(context, one=ago(minutes=1))
    later = datetime.now(UTC) + timedelta(seconds=1)

    assert ["two"] == call(context, one=ago(minutes=1), two=later)
    assert 1 == len(executions(machine))

    end(machine)
    assert [] == FileRuns(states_that_date_back(), machine).start({"two": ago(minutes=2)})
    assert 2 == len({execution["name"] for execution in executions(machine)})


def test_a_run_that_somebody_started_is_waited_for_and_counts_as_no_run_of_files(machine, context):
    boto3.client("stepfunctions").start_execution(stateMachineArn=machine, input='{"tables": ["silver.accounts"]}')
    assert ["one"] == call(context, one=ago(minutes=1))

    end(machine)
    assert [] == call(context, one=ago(minutes=1))
    assert 2 == len(executions(machine))


def test_a_file_of_the_moment_in_which_a_run_started_is_read_by_the_next(machine, context):
    """S3 tells whole seconds by a clock of its own: the run may not have seen the file."""
    assert ["one"] == call(context, one=ago(seconds=2))
    assert 1 == len(executions(machine))


@pytest.mark.parametrize("goes_on, waiting", [(True, []), (False, ["one"])], ids=["in progress", "over"])
def test_calls_that_do_not_see_each_others_run_start_no_second_one(machine, context, goes_on, waiting):
    """Step Functions lists an execution only some time after it has started."""

    class Behind:
        """Step Functions, with a list that is out of date."""

        def __init__(self):
            self.states = boto3.client("stepfunctions")
            self.exceptions, self.start_execution = self.states.exceptions, self.states.start_execution
            self.describe_state_machine = self.states.describe_state_machine

        def get_paginator(self, _):
            return self

        def paginate(self, **_):
            return [{"executions": []}]

        def list_executions(self, **_):
            return {"executions": []}

    call(context, one=ago(minutes=1))
    if not goes_on:
        end(machine)

    assert waiting == FileRuns(Behind(), machine).start({"one": ago(minutes=1)})
    assert 1 == len(executions(machine))


@pytest.mark.parametrize(
    "body", ["no JSON", "{}", json.dumps({**EVENT, "detail-type": "Object Deleted"})], ids=["text", "empty", "other"]
)
def test_a_message_that_is_no_event_of_a_file_is_handed_back_alone(machine, context, body):
    records = [message("one", ago(minutes=1)), {"messageId": "wrong", "body": body}]

    assert {"batchItemFailures": [{"itemIdentifier": "wrong"}]} == handler({"Records": records}, context)
    assert 1 == len(executions(machine))


def test_messages_are_kept_if_the_machine_does_not_answer(machine, context, monkeypatch):
    """Lambda delivers all messages of a call again that failed."""
    monkeypatch.setenv(Variable.FILE_LANDED_ARN, machine + "-gone")
    with pytest.raises(boto3.client("stepfunctions").exceptions.StateMachineDoesNotExist):
        call(context, one=ago(minutes=1))


def test_another_event_is_refused(machine, context):
    with pytest.raises(TerminalError, match="the event is wrong at Records") as refused:
        handler({"source": "aws.s3"}, context)
    # AWS sends it: there is no machine to start again.
    assert SENT_BY_AWS == refused.value.mend
