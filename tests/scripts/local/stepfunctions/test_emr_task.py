import json
import time

import pytest

from scripts.local.clients import client
from scripts.local.executions import Status
from scripts.local.job_runs import JobResult

# As the state machines build it: everything that distinguishes one try of one item from all others.
TOKEN = (
    "{% $hash($join([$states.context.Execution.Id, $states.context.State.Name, $states.context.State.EnteredTime,"
    " $string($states.context.Map.Item.Index), $string($states.context.State.RetryCount),"
    " $string($states.context.Execution.RedriveCount)], '/'), 'SHA-256') %}"
)
RETRY = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1.0}]


def test_a_job_run_that_succeeds_gives_its_description(run_machine, start_job, fresh_runner):
    outcome = run_machine({"Run": start_job("{% $states.input.window %}")}, {"window": "w1"})

    assert Status.SUCCEEDED == outcome.status
    assert "SUCCESS" == outcome.output["State"]
    assert [outcome.output["JobRunId"]] == [run.id for run in fresh_runner.runs]
    assert ["--job", "w1"] == fresh_runner.runs[0].arguments


def test_a_job_run_that_fails_is_a_task_that_failed_with_the_run_as_its_cause(run_machine, start_job, fresh_runner):
    fresh_runner.answer = lambda _run: JobResult(3, 'KeyError: "customer_id"')

    outcome = run_machine({"Run": start_job("w1")})

    cause = json.loads(outcome.cause)
    assert (Status.FAILED, "States.TaskFailed") == (outcome.status, outcome.error)
    assert ("FAILED", fresh_runner.runs[0].id) == (cause["State"], cause["JobRunId"])
    assert 'ExitCode: 3. KeyError: "customer_id"' in cause["StateDetails"]


def test_a_failure_can_be_caught_and_its_cause_parsed(run_machine, start_job, fresh_runner):
    fresh_runner.answer = lambda _run: JobResult(1)
    caught = {"ErrorEquals": ["States.ALL"], "Assign": {"state": "{% $parse($states.errorOutput.Cause).State %}"}}
    run = start_job("w1") | {"Catch": [{**caught, "Next": "Tell"}]}

    outcome = run_machine({"Run": run, "Tell": {"Type": "Pass", "Output": "{% $state %}", "End": True}})

    assert "FAILED" == outcome.output


def test_a_call_that_the_service_refuses_carries_its_name(run_machine, start_job):
    run = start_job("w1")
    run["Arguments"]["ApplicationId"] = "unknown"

    assert "EMRServerless.ResourceNotFoundException" == run_machine({"Run": run}).error


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param("startJobRun.waitForTaskToken", id="no task tokens"),
        pytest.param("startApplication.sync", id="no waiting for applications"),
        pytest.param("deleteEverything", id="no such action"),
    ],
)
def test_a_definition_with_an_integration_that_aws_lacks_is_refused(start_of, start_job, resource):
    run = start_job("w1") | {"Resource": f"arn:aws:states:::emr-serverless:{resource}"}

    with pytest.raises(client("stepfunctions").exceptions.ClientError, match="InvalidDefinition"):
        start_of({"Run": run})


def test_items_of_a_map_and_their_retries_are_runs_of_their_own(run_machine, start_job, fresh_runner):
    """With a token made from less, windows 2 and 3 would get the run of window 1."""
    failed_once = set()

    def fail_once(run):
        window = run.arguments[1]
        is_first = window == "w2" and window not in failed_once
        failed_once.add(window)
        return JobResult(1 if is_first else 0)

    fresh_runner.answer = fail_once
    run = start_job("{% $states.input %}", ClientToken=TOKEN) | {"Retry": RETRY}
    each = {"Type": "Map", "Items": "{% $states.input.windows %}", "ItemProcessor": processing(run), "End": True}

    outcome = run_machine({"Each": each}, {"windows": ["w1", "w2", "w3"]})

    assert Status.SUCCEEDED == outcome.status
    assert ["w1", "w2", "w2", "w3"] == sorted(run.arguments[1] for run in fresh_runner.runs)
    assert 4 == len({run.id for run in fresh_runner.runs})


def test_a_token_that_stays_the_same_gives_the_failed_run_again(run_machine, start_job, fresh_runner):
    fresh_runner.answer = lambda _run: JobResult(1)
    run = start_job("w1", ClientToken="{% $states.context.Execution.Name %}") | {"Retry": RETRY}

    outcome = run_machine({"Run": run})

    assert Status.FAILED == outcome.status
    assert 1 == len(fresh_runner.runs)


def test_stopping_the_execution_cancels_its_job_run(account, start_of, start_job, fresh_runner, application):
    fresh_runner.answer = hold(fresh_runner)
    execution = start_of({"Run": start_job("w1")})
    wait_for(lambda: fresh_runner.runs)

    outcome = account.stop(execution)

    run = fresh_runner.runs[0]
    wait_for(lambda: fresh_runner.cancelled)
    assert Status.ABORTED == outcome.status
    assert [run.id] == fresh_runner.cancelled
    assert "CANCELLED" == state_of(application, run.id)


def test_a_task_out_of_time_cancels_its_job_run(run_machine, start_job, fresh_runner, application):
    fresh_runner.answer = hold(fresh_runner)

    outcome = run_machine({"Run": start_job("w1") | {"TimeoutSeconds": 1}})

    wait_for(lambda: fresh_runner.cancelled)
    assert "States.Timeout" == outcome.error
    assert "CANCELLED" == state_of(application, fresh_runner.runs[0].id)


def test_the_item_beside_a_failed_one_is_cancelled(run_machine, start_job, fresh_runner):
    def answer(run):
        wait_for(lambda: len(fresh_runner.runs) == 2)
        return JobResult(1) if run.arguments[1] == "w1" else hold(fresh_runner)(run)

    fresh_runner.answer = answer
    each = {"Type": "Map", "Items": ["w1", "w2"], "ItemProcessor": processing(start_job("{% $states.input %}"))}

    outcome = run_machine({"Each": each | {"End": True}})

    wait_for(lambda: fresh_runner.cancelled)
    assert "States.TaskFailed" == outcome.error
    assert [run.id for run in fresh_runner.runs if run.arguments[1] == "w2"] == fresh_runner.cancelled


def processing(state):
    return {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Run", "States": {"Run": state}}


def hold(runner):
    """A job run that lasts until it is cancelled."""

    def until_cancelled(_run):
        assert runner.released.wait(60)
        return JobResult(137)

    return until_cancelled


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within ten seconds")


def state_of(application, job_run):
    return client("emr-serverless").get_job_run(applicationId=application, jobRunId=job_run)["jobRun"]["state"]
