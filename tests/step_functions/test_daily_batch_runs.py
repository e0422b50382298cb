"""Whole machines in the laptop's interpreter: real functions, real templates, jobs that only report."""

import json
import uuid
from pathlib import Path

import pytest

from lambdas.on_file_landed.logic import PREFIX
from scripts.local.clients import client
from scripts.local.executions import Status
from scripts.operating.smoke import came_back
from shared.events import EVENT_SOURCE, SCHEMA_DRIFTED, SchemaDrifted
from shared.jobs import RUN_STEPS, Step, steps_of
from shared.names import Machine
from shared.smoke import SMOKE_MACHINE

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("laptop")
def test_the_drift_of_a_source_reaches_the_topic_of_the_alarms():
    """Through the deployed rule; events of another environment on the same bus stay out."""
    [topic] = [t["TopicArn"] for t in client("sns").list_topics()["Topics"] if "Alarms" in t["TopicArn"]]
    queue = client("sqs").create_queue(QueueName="on-call")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    place = {"run_id": "r1", "table": "bronze.x", "system": "shop", "object": "x", "schema_contract": "evolve"}
    drifted = [SchemaDrifted(env=env, unknown={"colour": 2}, **place) for env in ("local", "prod")]
    entry = {"Source": EVENT_SOURCE, "DetailType": SCHEMA_DRIFTED}
    client("events").put_events(Entries=[entry | {"Detail": event.model_dump_json()} for event in drifted])

    found = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(json.loads(message["Body"])["Message"]) for message in found]
    assert [("lakewright", drifted[0])] == [(t["source"], SchemaDrifted.model_validate(t["detail"])) for t in told]


def test_smoke_machine_reports_the_results_of_its_job_runs(laptop):
    account, machine, teller = laptop
    teller.behaviour, teller.jobs = {}, []
    execution = account.start(machine.replace(Machine.DAILY_BATCH, SMOKE_MACHINE), {}, name="smoke-1")

    outcome = account.wait(execution)
    points = list(came_back(outcome.output))

    assert Status.SUCCEEDED == outcome.status
    assert ["ok"] * 3 == [point.status for point in points], points
    [job] = teller.jobs
    assert ("smoke-1", Step.SMOKE, str(teller.root)) == (job.run_id, job.step, job.lake_root)


@pytest.mark.parametrize("machine", Machine)
def test_run_without_failures_is_green_without_input(run, machine):
    outcome, states, teller = run({}, of=machine)

    assert Status.SUCCEEDED == outcome.status
    assert list(steps_of(machine)) == teller.steps
    assert {machine} == {job.machine for job in teller.jobs}
    assert "End the run green" == states[-1]
    assert dict.fromkeys(steps_of(machine), 1) == {
        step: counts["succeeded"] for step, counts in outcome.output["counts"].items()
    }


def test_jobs_know_what_came_before(run):
    window = {"from": "2026-01-01", "to": "2026-01-31"}
    _, _, teller = run({"business_date": "2026-01-31", "tables": ["silver.orders+"], "window": window})
    attempts = {job.step: job.attempt for job in teller.jobs}

    assert {("silver.orders+",)} == {job.tables for job in teller.jobs}
    assert {"2026-01-31"} == {str(job.business_date) for job in teller.jobs}
    assert {"from 2026-01-01 to 2026-01-31"} == {str(job.window) for job in teller.jobs}
    for job in teller.jobs:
        before = list(RUN_STEPS)[: list(RUN_STEPS).index(job.step)]
        assert {step: attempts[step] for step in before} == job.earlier


@pytest.mark.parametrize(
    "behaviour, steps, said",
    [
        pytest.param({"ingest": "fail"}, list(RUN_STEPS), "ingest: bronze.x: ingest failed", id="a table fails"),
        pytest.param(
            {"refine": "silent"},
            [Step.INGEST, Step.REFINE, Step.RECORD],
            "left no summary",
            id="a step says nothing: the gate stays closed",
        ),
        pytest.param(
            {"ingest": "crash"},
            [Step.INGEST, Step.INGEST, Step.RECORD],
            "Ingest the sources: States.TaskFailed",
            id="a job crashes, twice: only the versions are recorded",
        ),
        pytest.param(
            {"build": "crash"},
            [Step.INGEST, Step.REFINE, Step.BUILD, Step.BUILD, Step.RECORD],
            "Build to gold: States.TaskFailed",
            id="gold is not built: nothing is published",
        ),
        pytest.param(
            {"publish": "crash"},
            [Step.INGEST, Step.REFINE, Step.BUILD, Step.PUBLISH, Step.PUBLISH, Step.RECORD],
            "Publish outside of the lake: States.TaskFailed",
            id="gold is not published: nothing is reconciled",
        ),
        pytest.param(
            {"reconcile": "crash"},
            [*RUN_STEPS[: RUN_STEPS.index(Step.RECONCILE)], Step.RECONCILE, Step.RECONCILE, Step.RECORD],
            "Reconcile with the sources: States.TaskFailed",
            id="the lake is not held against its sources",
        ),
        pytest.param(
            {"record": "crash"},
            [*RUN_STEPS, Step.RECORD],
            "Record the versions: States.TaskFailed",
            id="the ledger is not written",
        ),
    ],
)
def test_a_failure_turns_the_run_red_and_is_named(run, behaviour, steps, said):
    outcome, states, teller = run(**behaviour)

    assert (Status.FAILED, "StepFailedError") == (outcome.status, outcome.error)
    assert said in outcome.cause
    assert steps == teller.steps
    assert "End the run red" == states[-1]


def test_crashed_try_has_another_attempt_and_is_not_handed_on(run):
    _, _, teller = run(ingest="crash")
    first, second, record = teller.jobs

    assert first.attempt != second.attempt
    assert {} == record.earlier


def test_upkeep_gets_the_run_to_roll_back_to_and_crashes_red(run):
    outcome, _, teller = run({"rollback": "daily-1", "tables": ["silver.orders"]}, of=Machine.MAINTENANCE)
    assert Status.SUCCEEDED == outcome.status
    assert {("daily-1", ("silver.orders",))} == {(job.rollback, job.tables) for job in teller.jobs}

    outcome, _, teller = run({}, of=Machine.MAINTENANCE, maintain="crash")
    assert (Status.FAILED, "StepFailedError") == (outcome.status, outcome.error)
    assert "Maintain the tables: States.TaskFailed" in outcome.cause
    assert [Step.MAINTAIN, Step.MAINTAIN, Step.RECORD] == teller.steps


@pytest.mark.parametrize(
    "machine, given, said",
    [
        pytest.param(Machine.DAILY_BATCH, {"rollback": "daily-1"}, "start that machine", id="the way of the data"),
        pytest.param(Machine.MAINTENANCE, {"window": {"from": "1", "to": "2"}}, "reads no source", id="upkeep"),
    ],
)
def test_machine_with_input_for_another_ends_red_before_any_job(run, machine, given, said):
    outcome, _, teller = run(given, of=machine)

    assert (Status.FAILED, []) == (outcome.status, teller.steps)
    assert said in outcome.cause


def test_start_delivered_twice_runs_once(run):
    given = {"schedule": "daily", "scheduled_time": uuid.uuid4().hex}
    first, _, _ = run(given)
    second, states, teller = run(given)

    assert (Status.SUCCEEDED, Status.SUCCEEDED) == (first.status, second.status)
    assert [] == teller.steps
    assert "Leave it to the other execution" == states[-1]


@pytest.mark.parametrize(
    "machine, given",
    [
        pytest.param(Machine.DAILY_BATCH, {"schedule": "d", "scheduled_time": "2026-11-24T04:00:00Z"}, id="a schedule"),
        pytest.param(Machine.SALESFORCE_INGESTION, {"schedule": "s", "scheduled_time": "2026-11-24T05"}, id="another"),
        pytest.param(Machine.FILE_LANDED, {}, id="files"),
        pytest.param(Machine.DAILY_BATCH, {}, id="by hand"),
    ],
)
@pytest.mark.parametrize("trouble", [{"refine": "fail"}, {"ingest": "crash"}], ids=["a table failed", "a job crashed"])
def test_red_run_can_be_started_again_with_the_same_input(run, machine, given, trouble):
    of_this_test = given | ({"scheduled_time": uuid.uuid4().hex} if "schedule" in given else {})
    first, _, _ = run(of_this_test, of=machine, **trouble)
    second, _, teller = run(of_this_test, of=machine)

    assert (Status.FAILED, Status.SUCCEEDED) == (first.status, second.status)
    assert list(RUN_STEPS) == teller.steps


def test_files_whose_events_come_together_and_twice_are_read_by_one_run(laptop):
    """By the deployed function; a test of the templates shows that the rule passes it the events, through a queue."""
    account, daily, teller = laptop
    teller.behaviour, teller.jobs = {}, []
    machine = daily.replace(Machine.DAILY_BATCH, Machine.FILE_LANDED)
    found = client("lambda").list_functions()["Functions"]
    [function] = [f["FunctionName"] for f in found if f["Handler"] == "lambdas.on_file_landed.handler.handler"]
    event = (Path(__file__).parents[1] / "events" / "s3_object_created.json").read_text()
    queued = json.dumps({"Records": [{"messageId": id_, "body": event} for id_ in ("one", "two")]})

    told = [client("lambda").invoke(FunctionName=function, Payload=queued)["Payload"] for _ in range(2)]

    assert [{"batchItemFailures": []}] * 2 == [json.loads(answer.read()) for answer in told]
    started = client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    [execution] = [e["executionArn"] for e in started if e["name"].startswith(PREFIX)]
    assert Status.SUCCEEDED == account.wait(execution).status
    assert list(RUN_STEPS) == teller.steps
    assert {()} == {job.tables for job in teller.jobs}


def test_wrong_input_ends_the_run_before_any_job(run):
    outcome, states, teller = run({"tabels": ["silver.orders"]})

    assert (Status.FAILED, []) == (outcome.status, teller.steps)
    assert "tabels" in outcome.cause
    assert ["Accept the request", "End the run red"] == states


def test_what_a_run_carries_is_small(run):
    outcome, _, _ = run()

    assert len(json.dumps(outcome.output)) < 32 * 1024
