import re
from datetime import UTC, datetime

import pytest

from scripts.local.stepfunctions.context import timestamp

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
CONTEXT = {"Type": "Pass", "Output": "{% $states.context %}", "End": True}


def test_the_execution_is_described_as_on_aws(account, start_of):
    execution = start_of({"Look": CONTEXT}, {"day": 1})

    found = account.wait(execution).output["Execution"]

    assert {"Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount"} == set(found)
    assert execution == found["Id"]
    assert execution.endswith(f":{found['Name']}")
    assert ({"day": 1}, 0) == (found["Input"], found["RedriveCount"])
    assert TIME.fullmatch(found["StartTime"])


def test_the_state_is_described_as_on_aws(run_machine):
    state = run_machine({"Look": CONTEXT}).output["State"]

    assert "Look" == state["Name"]
    assert TIME.fullmatch(state["EnteredTime"])


def test_a_task_inside_a_map_knows_its_item(run_machine, topic):
    outcome = run_machine({"Each": mapped(publish(topic))}, {"items": ["a", "b", "c"]})

    assert ["0 a", "1 b", "2 c"] == outcome.output


def test_a_parallel_inside_a_map_knows_its_item(run_machine, topic):
    branch = {"StartAt": "Publish", "States": {"Publish": publish(topic)}}
    parallel = {"Type": "Parallel", "Branches": [branch], "Output": "{% $states.result[0] %}", "End": True}

    outcome = run_machine({"Each": mapped(parallel)}, {"items": ["a", "b"]})

    assert ["0 a", "1 b"] == outcome.output


def test_an_execution_without_a_name_gets_one(account, start_of):
    from scripts.local.clients import client

    machine = client("stepfunctions").describe_execution(executionArn=start_of({"Look": CONTEXT}))["stateMachineArn"]

    execution = client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]

    assert account.wait(execution).output["Execution"]["Name"] not in ("", "None", None)


def test_an_execution_stopped_at_once_is_aborted(account, start_of):
    execution = start_of({"Wait": {"Type": "Wait", "Seconds": 60, "End": True}})

    assert "ABORTED" == account.stop(execution).status


@pytest.mark.parametrize(
    "moment, expected",
    [
        pytest.param(datetime(2026, 11, 23, 6, 18, tzinfo=UTC), "2026-11-23T06:18:00.000Z", id="whole seconds"),
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5, 6999, tzinfo=UTC), "2026-01-02T03:04:05.006Z", id="cut, not rounded"
        ),
    ],
)
def test_times_are_written_as_on_aws(moment, expected):
    assert expected == timestamp(moment)


def mapped(state):
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Do", "States": {"Do": state}}
    return {"Type": "Map", "Items": "{% $states.input.items %}", "ItemProcessor": processor, "End": True}


def publish(topic):
    """A task that passes its item as argument and returns it."""
    item = "{% $string($states.context.Map.Item.Index) & ' ' & $states.context.Map.Item.Value %}"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": {"TopicArn": topic, "Message": item},
        "Output": item,
        "End": True,
    }
