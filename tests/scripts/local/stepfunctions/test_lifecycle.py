import pytest
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from scripts.local.clients import client


@pytest.mark.parametrize(
    "value, expected",
    [
        pytest.param("a text", "a text", id="a text keeps its quotes on the way"),
        pytest.param("{% null %}", None, id="null is an output"),
        pytest.param({"a": [1]}, {"a": [1]}, id="an object"),
    ],
)
def test_an_output_comes_back_as_it_is(run_machine, value, expected):
    outcome = run_machine({"Say": {"Type": "Pass", "Output": value, "End": True}})

    assert ("SUCCEEDED", expected) == (outcome.status, outcome.output)


def test_a_stopped_task_is_not_reported_as_succeeded(account, start_of, start_job, fresh_runner):
    from scripts.local.job_runs import JobResult

    fresh_runner.answer = lambda _run: JobResult(137 if fresh_runner.released.wait(10) else 0)
    execution = start_of({"Run": start_job("w1")})
    while not fresh_runner.runs:
        fresh_runner.released.wait(0.01)

    account.stop(execution, "enough")

    history = client("stepfunctions").get_execution_history(executionArn=execution)["events"]
    assert "TaskSucceeded" not in {event["type"] for event in history}
    assert "enough" == client("stepfunctions").describe_execution(executionArn=execution)["cause"]


def test_the_interpreter_uses_the_clients_of_the_account(account):
    assert client("lambda") is lambda_eval_utils.boto_client_for("us-east-1", "lambda")
