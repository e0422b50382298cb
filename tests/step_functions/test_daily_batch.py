"""What the daily batch sends: every expression is evaluated, and every message is read by its receiver's model."""

import hashlib
import json
from datetime import UTC, date, datetime

import jsonata
import pytest

from shared.asl_tokens import OF_STEPS, Token
from shared.config import load_environment
from shared.events import RunRequested, StepsFinished
from shared.jobs import RUN_STEPS, Job, Step
from shared.names import Machine
from tests.support.asl import definition, file_of

TOKENS = {token.value: f"<{token}>" for token in Token} | {
    "env": "prod",
    "job_timeout_minutes": "120",
    "machine": "daily_batch",
}
STATES = definition(file_of(Machine.DAILY_BATCH), TOKENS)["States"]
STEPS = {
    Step.INGEST: "Ingest the sources",
    Step.REFINE: "Refine to silver",
    Step.BUILD: "Build to gold",
    Step.PUBLISH: "Publish outside of the lake",
    Step.RECONCILE: "Reconcile with the sources",
    Step.RECORD: "Record the versions",
}
CONTEXT = {
    "Execution": {"Id": "arn:run-1", "Name": "run-1", "StartTime": "2026-11-23T23:30:00.000Z", "RedriveCount": 0},
    "State": {"Name": "", "EnteredTime": "2026-11-23T23:31:00.000Z", "RetryCount": 0},
}


def evaluate(expression, *, states, **variables):
    text = expression.removeprefix("{%").removesuffix("%}")
    compiled = jsonata.Jsonata(text)
    compiled.register_lambda("hash", lambda content, _: hashlib.sha256(content.encode()).hexdigest())
    for name, value in {"states": states, **variables}.items():
        compiled.assign(name, value)
    return compiled.evaluate(None)


def filled(value, **bound):
    """A template with every expression in it evaluated."""
    if isinstance(value, dict):
        return {key: filled(inner, **bound) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, **bound) for inner in value]
    return evaluate(value, **bound) if isinstance(value, str) and value.startswith("{%") else value


def context_of(state, **changes):
    execution = CONTEXT["Execution"] | {k: v for k, v in changes.items() if k == "RedriveCount"}
    inside = CONTEXT["State"] | {"Name": state} | {k: v for k, v in changes.items() if k != "RedriveCount"}
    return {"input": {}, "context": {"Execution": execution, "State": inside}}


@pytest.fixture(params=[[], ["silver.orders"], ["silver.orders+", "gold.daily_revenue"]], ids=["all", "one", "two"])
def variables(request):
    """What `Accept the request` leaves for no, one and two selectors: JSONata unwraps lists of one."""
    payload = {"duplicate": False, "business_date": "2026-11-23", "tables": request.param}
    name = "Accept the request"
    states = context_of(name) | {"result": {"Payload": payload}}
    return filled(STATES[name]["Assign"], states=states)


@pytest.mark.parametrize(
    "given, tables, business_date",
    [
        pytest.param({}, (), None, id="nothing"),
        pytest.param({"business_date": "2026-01-31"}, (), date(2026, 1, 31), id="a day"),
        pytest.param({"tables": ["gold.sales_fact"]}, ("gold.sales_fact",), None, id="one table"),
        pytest.param({"schedule": "s", "scheduled_time": "2026-11-23T03:00:00Z"}, (), None, id="a schedule"),
    ],
)
def test_request_is_read_by_its_function(given, tables, business_date):
    name = "Accept the request"
    payload = filled(STATES[name]["Arguments"]["Payload"], states=context_of(name) | {"input": given})
    event = RunRequested.model_validate(payload)

    assert (tables, business_date) == (event.request.tables, event.request.business_date)
    assert ("run-1", datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == (event.execution.name, event.execution.started_at)


@pytest.mark.parametrize("step", RUN_STEPS)
def test_job_argument_is_read_by_the_job(step, variables):
    arguments = filled(_submit(step)["EntryPointArguments"], states=context_of(STEPS[step]), **variables)
    job = Job.model_validate_json(arguments[1])

    assert "--job" == arguments[0]
    assert (step, "run-1", date(2026, 11, 23)) == (job.step, job.run_id, job.business_date)
    assert tuple(variables["job"]["tables"]) == job.tables
    assert ("prod", "<lake_root>", "<landing_root>") == (job.env, job.lake_root, job.landing_root)


@pytest.mark.parametrize("step", STEPS)
def test_step_is_submitted_with_workers_of_its_own(step):
    submitted = STATES[STEPS[step]]["Arguments"]["JobDriver"]["SparkSubmit"]

    assert f"<{OF_STEPS[step].submit}>" == submitted["SparkSubmitParameters"]


@pytest.mark.parametrize("step", RUN_STEPS)
def test_attempt_is_the_client_token_and_is_handed_on(step, variables):
    states = context_of(STEPS[step])
    task = STATES[STEPS[step]]
    token = filled(task["Arguments"]["ClientToken"], states=states)
    argument = filled(_submit(step)["EntryPointArguments"], states=states, **variables)[1]

    assert 64 == len(token)
    assert token == json.loads(argument)["attempt"]
    assert {step.value: token} == filled(task["Assign"], states=states, **variables)["earlier"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"RetryCount": 1}, id="another try"),
        pytest.param({"RedriveCount": 1}, id="a redrive"),
        pytest.param({"EnteredTime": "2026-11-24T00:00:00.000Z"}, id="the state entered again"),
    ],
)
def test_attempt_is_new_for_every_try(change):
    name = STEPS[Step.INGEST]
    expression = STATES[name]["Arguments"]["ClientToken"]

    assert filled(expression, states=context_of(name)) != filled(expression, states=context_of(name, **change))


def test_steps_of_a_run_have_different_attempts():
    tokens = {filled(STATES[name]["Arguments"]["ClientToken"], states=context_of(name)) for name in STEPS.values()}

    assert len(RUN_STEPS) == len(tokens)


def test_later_step_knows_the_attempts_of_the_earlier_ones(variables):
    earlier = {"ingest": "a" * 64}
    states = context_of(STEPS[Step.REFINE])
    arguments = filled(_submit(Step.REFINE)["EntryPointArguments"], states=states, **{**variables, "earlier": earlier})
    assigned = filled(STATES[STEPS[Step.REFINE]]["Assign"], states=states, **{**variables, "earlier": earlier})

    assert {Step.INGEST: "a" * 64} == Job.model_validate_json(arguments[1]).earlier
    assert ["ingest", "refine"] == list(assigned["earlier"])


@pytest.mark.parametrize("step", RUN_STEPS)
def test_emr_gives_up_before_step_functions_does(step):
    task = STATES[STEPS[step]]
    minutes = filled(task["Arguments"]["ExecutionTimeoutMinutes"], states={})

    assert load_environment("prod").spark.job_timeout_minutes == minutes
    assert minutes * 60 < filled(task["TimeoutSeconds"], states={})


@pytest.mark.parametrize("step", RUN_STEPS)
def test_a_run_that_timed_out_is_not_retried(step):
    retries = {tuple(rule["ErrorEquals"]): rule["MaxAttempts"] for rule in STATES[STEPS[step]]["Retry"]}

    assert 0 == retries[("States.Timeout",)]


@pytest.mark.parametrize("crashes", [[], ["one"], ["one", "two"]], ids=["none", "one", "two"])
@pytest.mark.parametrize(
    "name, steps",
    [
        pytest.param("Ask whether the gate is open", ("ingest", "refine"), id="the gate"),
        pytest.param("Judge the run", ("ingest", "refine", "build", "publish", "reconcile", "record"), id="the end"),
    ],
)
def test_event_of_finished_steps_is_read_by_its_function(name, steps, crashes, variables):
    bound = {**variables, "earlier": {"ingest": "a" * 64}, "crashes": crashes}
    event = StepsFinished.model_validate(filled(STATES[name]["Arguments"]["Payload"], states=context_of(name), **bound))

    assert (steps, tuple(crashes), {Step.INGEST: "a" * 64}) == (event.steps, event.crashes, event.attempts)


@pytest.mark.parametrize("before", [[], ["an earlier one"]], ids=["the first", "the second"])
@pytest.mark.parametrize("name", [*STEPS.values(), "Ask whether the gate is open"])
def test_crash_is_described_in_words_and_cut_short(name, before):
    (catch,) = STATES[name]["Catch"]
    states = context_of(name) | {"errorOutput": {"Error": "States.TaskFailed", "Cause": "x" * 9000}}
    crashes = filled(catch["Assign"], states=states, crashes=before)["crashes"]

    assert [*before, f"{name}: States.TaskFailed: {'x' * 500}"] == crashes


def _submit(step):
    return STATES[STEPS[step]]["Arguments"]["JobDriver"]["SparkSubmit"]
