import json

from scripts.local.clients import client
from scripts.local.executions import Status

AWKWARD = 'a "quoted" \\ word\nand {% a brace'


def test_values_with_quotes_pass_through_variables_and_expressions(run_machine):
    outcome = run_machine(
        {
            "Remember": {"Type": "Pass", "Assign": {"word": "{% $states.input.word %}"}, "Next": "Recall"},
            "Recall": {"Type": "Pass", "Output": "{% {'again': $word, 'here': $states.input.word} %}", "End": True},
        },
        {"word": AWKWARD},
    )

    assert {"again": AWKWARD, "here": AWKWARD} == outcome.output


def test_an_assigned_variable_is_told_as_json(account, start_of):
    execution = start_of({"Remember": {"Type": "Pass", "Assign": {"word": AWKWARD}, "End": True}})

    account.wait(execution)

    history = client("stepfunctions").get_execution_history(executionArn=execution)["events"]
    exited = next(event["stateExitedEventDetails"] for event in history if event["type"] == "PassStateExited")
    assert {"word": json.dumps(AWKWARD)} == exited["assignedVariables"]


def test_jsonpath_states_read_awkward_variables_too(run_machine):
    outcome = run_machine(
        {
            "Remember": {"Type": "Pass", "Assign": {"word.$": "$.word"}, "Next": "Recall"},
            "Recall": {"Type": "Pass", "Parameters": {"again.$": "$word"}, "End": True},
        },
        {"word": AWKWARD},
        QueryLanguage="JSONPath",
    )

    assert {"again": AWKWARD} == outcome.output


def test_an_undefined_result_is_a_query_evaluation_error_that_can_be_caught(run_machine):
    task = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
    task |= {"Arguments": {"TopicArn": "t", "Message": "{% $states.input.nothing %}"}}
    task |= {"Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught"}]}

    outcome = run_machine({"Publish": task, "Caught": {"Type": "Succeed"}})

    assert Status.SUCCEEDED == outcome.status
    assert "States.QueryEvaluationError" == outcome.output["Error"]
    assert "$states.input.nothing" in outcome.output["Cause"]


def test_the_root_variable_is_refused(run_machine):
    outcome = run_machine({"Read": {"Type": "Pass", "Output": "{% $$.word %}", "End": True}}, {"word": "x"})

    assert Status.FAILED == outcome.status
    assert "States.QueryEvaluationError" == outcome.error
    assert "use $states" in outcome.cause


def test_null_is_a_value_and_not_undefined(run_machine):
    outcome = run_machine({"Read": {"Type": "Pass", "Output": "{% $states.input.gone %}", "End": True}}, {"gone": None})

    assert Status.SUCCEEDED == outcome.status
    assert outcome.output is None


def test_the_output_of_a_state_does_not_see_what_the_state_assigns(run_machine):
    outcome = run_machine(
        {
            "First": {"Type": "Pass", "Assign": {"n": 1}, "Next": "Second"},
            "Second": {
                "Type": "Pass",
                "Assign": {"n": "{% $n + 1 %}", "before": "{% $n %}"},
                "Output": {"second": "{% $n %}"},
                "Next": "Third",
            },
            "Third": {
                "Type": "Pass",
                "Output": "{% $merge([$states.input, {'third': $n, 'before': $before}]) %}",
                "End": True,
            },
        }
    )

    assert {"second": 1, "third": 2, "before": 1} == outcome.output


def test_what_a_catch_assigns_is_there_in_the_next_state(run_machine):
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getTable", "End": True}
    task |= {"Arguments": {"DatabaseName": "none", "Name": "none"}}
    catch = {"ErrorEquals": ["States.ALL"], "Assign": {"error": "{% $states.errorOutput.Error %}"}, "Next": "Tell"}

    outcome = run_machine(
        {"Read": task | {"Catch": [catch]}, "Tell": {"Type": "Pass", "Output": "{% $error %}", "End": True}}
    )

    assert "Glue.EntityNotFoundException" == outcome.output


def test_what_a_choice_assigns_is_there_in_the_next_state(run_machine):
    rule = {"Condition": "{% $states.input.n > 1 %}", "Assign": {"size": "large"}, "Next": "Tell"}

    outcome = run_machine(
        {
            "Choose": {"Type": "Choice", "Choices": [rule], "Default": "Tell"},
            "Tell": {"Type": "Pass", "Output": "{% $size %}", "End": True},
        },
        {"n": 2},
    )

    assert "large" == outcome.output
