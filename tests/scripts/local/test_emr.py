import threading

import pytest

from scripts.local.clients import ACCOUNT, client
from scripts.local.job_runs import JobResult, driver_environment

ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"


@pytest.fixture
def application(account):
    answer = client("emr-serverless").create_application(
        name="batch",
        releaseLabel="emr-spark-8.1.0",
        type="SPARK",
        architecture="ARM64",
        clientToken="once",
        maximumCapacity={"cpu": "16 vCPU", "memory": "64 GB"},
        monitoringConfiguration={"s3MonitoringConfiguration": {"logUri": "s3://logs/"}},
    )
    return answer["applicationId"]


@pytest.fixture
def submit(application):
    def start(token, **request):
        driver = {"sparkSubmit": {"entryPoint": "s3://assets/main.py", **request.pop("submit", {})}}
        given = {"applicationId": application, "executionRoleArn": ROLE, "clientToken": token, "jobDriver": driver}
        return client("emr-serverless").start_job_run(**given, **request)["jobRunId"]

    return start


@pytest.fixture
def look(application):
    return lambda run: client("emr-serverless").get_job_run(applicationId=application, jobRunId=run)["jobRun"]


def test_an_application_keeps_its_settings(application):
    found = client("emr-serverless").get_application(applicationId=application)["application"]

    assert "emr-spark-8.1.0" == found["releaseLabel"]
    assert "ARM64" == found["architecture"]
    assert {"cpu": "16 vCPU", "memory": "64 GB"} == found["maximumCapacity"]
    assert {"logUri": "s3://logs/"} == found["monitoringConfiguration"]["s3MonitoringConfiguration"]


@pytest.mark.parametrize(
    "result, expected",
    [
        pytest.param(JobResult(0), ("SUCCESS", ""), id="success"),
        pytest.param(JobResult(2, "ValueError: no"), ("FAILED", "ExitCode: 2. ValueError: no"), id="failure"),
    ],
)
def test_a_job_run_goes_through_its_states(submit, look, fresh_runner, result, expected):
    waiting, running = threading.Event(), threading.Event()

    def answer(_run):
        running.set()
        waiting.wait(10)
        return result

    fresh_runner.answer = answer
    run = submit(expected[0])
    running.wait(10)
    assert "RUNNING" == look(run)["state"]

    waiting.set()
    ended = until_ended(look, run)

    assert expected[0] == ended["state"]
    assert ended["stateDetails"].endswith(expected[1])
    assert ended["createdAt"] <= ended["startedAt"] <= ended["endedAt"]


def test_a_runner_that_breaks_fails_its_job_run(submit, look, fresh_runner):
    def answer(_run):
        raise OSError("no room left")

    fresh_runner.answer = answer

    ended = until_ended(look, submit("breaks"))

    assert ("FAILED", True) == (ended["state"], "OSError: no room left" in ended["stateDetails"])


def test_the_same_token_gives_the_same_run(submit, look, fresh_runner):
    first, again, other = submit("a"), submit("a"), submit("b")

    for run in (first, other):
        until_ended(look, run)
    assert first == again != other
    assert {first, other} == {run.id for run in fresh_runner.runs}


def test_a_run_that_waits_for_its_place_can_be_cancelled(submit, look, fresh_runner, application):
    release = threading.Event()
    fresh_runner.answer = lambda _run: JobResult(0) if release.wait(10) else JobResult(1)
    busy = [submit(f"busy-{place}") for place in range(fresh_runner.parallel)]
    waiting = submit("waiting")

    assert "SUBMITTED" == look(waiting)["state"]
    client("emr-serverless").cancel_job_run(applicationId=application, jobRunId=waiting)
    release.set()

    assert ["SUCCESS"] * len(busy) == [until_ended(look, run)["state"] for run in busy]
    assert "CANCELLED" == look(waiting)["state"]
    assert waiting not in {run.id for run in fresh_runner.runs}


def test_a_run_that_has_ended_stays_as_it_ended(submit, look, application):
    run = submit("ended")
    until_ended(look, run)

    client("emr-serverless").cancel_job_run(applicationId=application, jobRunId=run)

    assert "SUCCESS" == look(run)["state"]


def test_the_runner_gets_arguments_and_environment(submit, look, fresh_runner):
    confs = "--conf spark.executor.memory=4g --conf spark.emr-serverless.driverEnv.LAKEWRIGHT_ENV=local"
    run = submit("args", name="ingest", submit={"entryPointArguments": ["--job", "{}"], "sparkSubmitParameters": confs})

    until_ended(look, run)

    (given,) = fresh_runner.runs
    assert ("ingest", ["--job", "{}"]) == (given.name, given.arguments)
    assert {"LAKEWRIGHT_ENV": "local"} == given.environment


def test_retries_of_the_service_are_refused(submit):
    with pytest.raises(client("emr-serverless").exceptions.ValidationException, match="belong to the state machine"):
        submit("retries", retryPolicy={"maxAttempts": 3})


@pytest.mark.parametrize(
    "parameters, expected",
    [
        pytest.param("", {}, id="none"),
        pytest.param("--conf spark.emr-serverless.driverEnv.A='x y' --jars a.jar", {"A": "x y"}, id="quoted"),
        pytest.param("--conf spark.emr-serverless.driverEnv.A=b=c", {"A": "b=c"}, id="an equals sign in the value"),
    ],
)
def test_driver_variables_are_read_from_submit_parameters(parameters, expected):
    assert expected == driver_environment(parameters)


def until_ended(look, run):
    for _ in range(1000):
        found = look(run)
        if found["state"] in ("SUCCESS", "FAILED", "CANCELLED"):
            return found
        threading.Event().wait(0.01)
    raise AssertionError(f"job run {run} did not end within ten seconds")
