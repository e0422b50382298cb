import pytest

from scripts.local.executions import Status
from scripts.local.stepfunctions.errors import matches


@pytest.mark.parametrize(
    "names, error, expected",
    [
        pytest.param(["States.ALL"], "Anything", True, id="all takes anything"),
        pytest.param(["States.ALL"], None, True, id="all takes an error without a name"),
        pytest.param(["States.ALL"], "States.Timeout", True, id="all takes a timeout"),
        pytest.param(["States.ALL"], "States.Runtime", False, id="all does not take runtime errors"),
        pytest.param(["States.ALL"], "States.DataLimitExceeded", False, id="all does not take too much data"),
        pytest.param(["States.TaskFailed"], "SourceUnavailableError", True, id="task failed takes other errors"),
        pytest.param(["States.TaskFailed"], "States.Timeout", False, id="task failed does not take a timeout"),
        pytest.param(["States.Timeout"], "States.Timeout", True, id="by name"),
        pytest.param(["One", "Two"], "Three", False, id="another name"),
    ],
)
def test_names_match_errors_as_on_aws(names, error, expected):
    assert expected is matches(names, error)


def test_an_error_inside_a_map_keeps_its_name(run_machine):
    broken = {"Type": "Pass", "Output": "{% $states.input.nothing %}", "End": True}
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Break", "States": {"Break": broken}}

    outcome = run_machine({"Each": {"Type": "Map", "Items": [1], "ItemProcessor": processor, "End": True}})

    assert (Status.FAILED, "States.QueryEvaluationError") == (outcome.status, outcome.error)


def test_an_error_inside_a_parallel_keeps_its_name(run_machine):
    broken = {"Type": "Pass", "Output": "{% $states.input.nothing %}", "End": True}
    branch = {"StartAt": "Break", "States": {"Break": broken}}

    outcome = run_machine({"Both": {"Type": "Parallel", "Branches": [branch], "End": True}})

    assert (Status.FAILED, "States.QueryEvaluationError") == (outcome.status, outcome.error)


def test_an_error_of_an_sdk_task_carries_the_name_of_its_service(run_machine):
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getTable", "End": True}
    task |= {"Arguments": {"DatabaseName": "none", "Name": "none"}}

    outcome = run_machine({"Look": task})

    assert "Glue.EntityNotFoundException" == outcome.error


def test_a_condition_that_fails_is_told_by_dynamodb(run_machine, dynamodb_table):
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "Again"}
    task |= {"Arguments": {"TableName": dynamodb_table, "Item": {"key": {"S": "x"}}}}
    task["Arguments"]["ConditionExpression"] = "attribute_not_exists(#k)"
    task["Arguments"]["ExpressionAttributeNames"] = {"#k": "key"}
    again = {key: value for key, value in task.items() if key != "Next"} | {"End": True}

    outcome = run_machine({"Take": task, "Again": again})

    assert "DynamoDB.ConditionalCheckFailedException" == outcome.error
