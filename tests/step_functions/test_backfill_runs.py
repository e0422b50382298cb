"""The whole backfill in the laptop's interpreter: real machines start real machines, and jobs only report."""

import threading
from itertools import groupby

import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from scripts.local.executions import Status
from shared.backfill import BACKFILL_MACHINE
from shared.jobs import RUN_STEPS, Step
from shared.names import Machine

pytestmark = pytest.mark.slow

SUMMER = {"from": "2011-06-01", "to": "2011-08-15", "every": "1 month"}
MONTHS = ["from 2011-06-01 to 2011-07-01", "from 2011-07-01 to 2011-08-01", "from 2011-08-01 to 2011-08-15"]


@pytest.fixture
def backfill(run):
    """Run the backfill; gives how it ended, and its runs in their order: name, window and steps of each."""

    def start(given, **behaviour):
        outcome, _, teller = run(given, of=BACKFILL_MACHINE, **behaviour)
        runs = [list(jobs) for _, jobs in groupby(teller.jobs, lambda job: job.run_id)]
        return outcome, [(jobs[0].run_id, str(jobs[0].window), [job.step for job in jobs]) for jobs in runs], teller

    return start


def in_july(how):
    return lambda job: how if job.window.since == "2011-07-01" else "well"


def test_windows_are_runs_of_their_own_one_after_the_other(backfill):
    given = SUMMER | {"tables": ["silver.orders+"], "business_date": "2011-09-01"}
    outcome, runs, teller = backfill(given)

    assert (Status.SUCCEEDED, {"windows": 3, "red": []}) == (outcome.status, outcome.output)
    assert [(window, list(RUN_STEPS)) for window in MONTHS] == [(window, steps) for _, window, steps in runs]
    assert ["001", "002", "003"] == [name[-3:] for name, _, _ in runs]
    assert 1 == len({name[:-3] for name, _, _ in runs})
    assert {(Machine.DAILY_BATCH, ("silver.orders+",), "2011-09-01")} == {
        (job.machine, job.tables, str(job.business_date)) for job in teller.jobs
    }


def test_the_machine_of_salesforce_takes_windows_too(backfill):
    _, runs, teller = backfill(SUMMER | {"every": "2 months", "machine": "salesforce_ingestion"})

    assert ["from 2011-06-01 to 2011-08-01", MONTHS[2]] == [window for _, window, _ in runs]
    assert {Machine.SALESFORCE_INGESTION} == {job.machine for job in teller.jobs}


def test_with_an_empty_request_it_does_nothing_and_ends_green(backfill):
    outcome, runs, _ = backfill({})

    assert (Status.SUCCEEDED, {"windows": 0, "red": []}, []) == (outcome.status, outcome.output, runs)


@pytest.mark.parametrize(
    "trouble, steps",
    [
        pytest.param({"refine": "fail"}, list(RUN_STEPS), id="a table fails"),
        pytest.param({"ingest": "crash"}, [Step.INGEST, Step.INGEST, Step.RECORD], id="a job crashes"),
    ],
)
def test_red_window_stops_no_other_is_named_and_heals_when_it_is_started_again(backfill, trouble, steps):
    outcome, runs, _ = backfill(SUMMER, **{step: in_july(how) for step, how in trouble.items()})

    assert (Status.FAILED, "StepFailedError") == (outcome.status, outcome.error)
    assert [*zip(MONTHS, [list(RUN_STEPS), steps, list(RUN_STEPS)], strict=True)] == [run[1:] for run in runs]
    told, *red = outcome.cause.splitlines()
    assert told.startswith("1 of 3 windows are red; ")
    assert [f"{runs[1][0]}: {MONTHS[1]}"] == red

    again, all_of_it, _ = backfill(SUMMER)
    alone, july, _ = backfill(SUMMER | {"from": "2011-07-01", "to": "2011-08-01"})
    assert (Status.SUCCEEDED, MONTHS) == (again.status, [window for _, window, _ in all_of_it])
    assert (Status.SUCCEEDED, MONTHS[1:2]) == (alone.status, [window for _, window, _ in july])


@pytest.mark.parametrize(
    "given, said",
    [
        pytest.param({"form": "2011-06-01"}, "form", id="an unknown key"),
        pytest.param({"from": "2011-06-01"}, "from, to and every", id="half a request"),
        pytest.param({"tables": ["silver.orders"]}, "from, to and every", id="tables without windows"),
        pytest.param(SUMMER | {"every": "0 days"}, "length of a window", id="a length of nothing"),
        pytest.param(SUMMER | {"to": "2011-06-01"}, "end before they begin", id="no time between"),
        pytest.param(SUMMER | {"tables": ["orders"]}, "<layer>.<table>", id="no name of a table"),
        pytest.param(SUMMER | {"machine": "maintenance"}, "machine", id="a machine without windows"),
    ],
)
def test_wrong_input_ends_it_red_before_any_run(backfill, given, said):
    outcome, runs, _ = backfill(given)

    assert (Status.FAILED, "StepFailedError", []) == (outcome.status, outcome.error, runs)
    assert said in outcome.cause


def test_a_start_whose_answer_is_lost_is_retried_and_makes_one_run(backfill, monkeypatch):
    started, original = [], StepFunctionsParserBackend.start_execution

    def start_execution(self, arn, name, *args, **named):
        execution = original(self, arn, name, *args, **named)
        started.append(name)
        if started.count(name) == 1 and name.endswith("-002"):
            answer = {"Error": {"Code": "ExecutionLimitExceeded", "Message": ""}}
            raise ClientError(answer | {"ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": ""}}, "StartExecution")
        return execution

    monkeypatch.setattr(StepFunctionsParserBackend, "start_execution", start_execution)
    outcome, runs, _ = backfill(SUMMER)

    assert Status.SUCCEEDED == outcome.status
    assert [(window, list(RUN_STEPS)) for window in MONTHS] == [run[1:] for run in runs]
    assert [2] == [started.count(name) for name, *_ in runs if name.endswith("-002")]


def test_a_backfill_that_is_stopped_stops_its_run_and_starts_no_other(laptop):
    account, daily, teller = laptop
    at_work, stopped = threading.Event(), threading.Event()

    def wait_for_the_end(_job):
        at_work.set()
        stopped.wait(60)
        return "well"

    teller.behaviour, teller.jobs = {Step.INGEST: wait_for_the_end}, []
    backfill = account.start(daily.replace(Machine.DAILY_BATCH, BACKFILL_MACHINE), SUMMER, name="backfill-to-stop")
    assert at_work.wait(60)
    child = daily.replace(":stateMachine:", ":execution:") + ":backfill-to-stop-001"

    assert Status.ABORTED == account.stop(backfill).status
    assert Status.ABORTED == account.wait(child).status
    stopped.set()
    assert {"backfill-to-stop-001"} == {job.run_id for job in teller.jobs}
