"""What state machines, Spark jobs and Lambdas hand to each other survives as JSON."""

import json
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.jobs import Colour, Failure, Job, Replay, Status, Step, TableOutcome, Window
from shared.summaries import FIRST_FAILURES, SUMMARY_LIMIT_BYTES, StepSummary

JOB = Job(
    env="dev",
    step=Step.REFINE,
    run_id="run-1",
    attempt="a1",
    business_date=date(2026, 1, 31),
    lake_root="s3://lake",
    pii_root="s3://pii",
    landing_root="s3://landing",
    tables=("silver.orders",),
    earlier={Step.INGEST: "a0"},
    replay=Replay(table="silver.orders", rule="status_known"),
    window=Window(since="2026-01-01", until="2026-02-01"),
)


def outcome(status, table="silver.orders", message="", reason=""):
    failure = Failure(error="SourceUnavailableError", message=message, retryable=True) if message else None
    return TableOutcome(table=table, step=Step.REFINE, status=status, failure=failure, reason=reason)


def test_a_job_survives_the_command_line():
    text = JOB.model_dump_json()

    assert JOB == Job.model_validate_json(text)
    assert {
        "env": "dev",
        "step": "refine",
        "run_id": "run-1",
        "attempt": "a1",
        "business_date": "2026-01-31",
        "lake_root": "s3://lake",
        "pii_root": "s3://pii",
        "landing_root": "s3://landing",
        "machine": "daily_batch",
        "tables": ["silver.orders"],
        "every_seconds": None,
        "earlier": {"ingest": "a0"},
        "replay": {"table": "silver.orders", "rule": "status_known"},
        "window": {"from": "2026-01-01", "to": "2026-02-01"},
        "rollback": None,
    } == json.loads(text)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"step": "gate"}, id="an unknown step"),
        pytest.param({"run_id": "../../etc"}, id="a run id that leaves its folder"),
        pytest.param({"run_id": ""}, id="no run id"),
        pytest.param({"attempt": "a/b"}, id="an attempt that leaves its folder"),
        pytest.param({"business_date": "today"}, id="a date that is none"),
        pytest.param({"horizon": "all"}, id="an unknown argument"),
        pytest.param({"window": {"from": "2026-01-01"}}, id="half a window"),
        pytest.param({"rollback": "run-0"}, id="a rollback on the way of the data"),
        pytest.param({"rollback": "../run-0", "machine": "maintenance"}, id="a rollback to a path"),
    ],
)
def test_an_impossible_job_is_refused(change):
    with pytest.raises(ValidationError):
        Job.model_validate({**json.loads(JOB.model_dump_json()), **change})


@pytest.mark.parametrize(
    "status, is_red",
    [(Status.SUCCEEDED, False), (Status.UNCHANGED, False), (Status.FAILED, True), (Status.SKIPPED, True)],
)
def test_a_table_that_failed_or_was_skipped_is_red(status, is_red):
    assert is_red is outcome(status).is_red


@pytest.mark.parametrize(
    "outcomes, colour, counts, failures",
    [
        pytest.param([], Colour.GREEN, (0, 0, 0, 0), (), id="nothing to do"),
        pytest.param([outcome(Status.SUCCEEDED), outcome(Status.UNCHANGED)], Colour.GREEN, (1, 1, 0, 0), (), id="well"),
        pytest.param(
            [outcome(Status.FAILED, message="no answer"), outcome(Status.SKIPPED, "silver.b", reason="needs orders")],
            Colour.RED,
            (0, 0, 1, 1),
            ("silver.orders: no answer", "silver.b: needs orders"),
            id="one failed and one had to wait",
        ),
    ],
)
def test_a_summary_of_a_step(outcomes, colour, counts, failures):
    expected = StepSummary(
        run_id="run-1",
        step=Step.REFINE,
        attempt="a1",
        colour=colour,
        tables=dict(zip(Status, counts, strict=True)),
        failures=failures,
    )

    assert expected == StepSummary.of(JOB, outcomes)


@given(st.lists(st.text(min_size=1), max_size=60))
@example(["\x07"] * 20)
@example(["💧"] * 20)
def test_a_summary_fits_through_a_state_machine(messages):
    outcomes = [outcome(Status.FAILED, message=m * 500) for m in messages]

    summary = StepSummary.of(JOB, outcomes)

    assert summary.failures == tuple(f"silver.orders: {m * 500}"[:500] for m in messages)[: len(summary.failures)]
    assert len(summary.failures) <= FIRST_FAILURES
    assert len(summary.model_dump_json().encode()) <= SUMMARY_LIMIT_BYTES


@pytest.mark.parametrize("message", ["x" * 900, "é" * 900], ids=["plain", "with accents"])
def test_a_summary_keeps_the_first_failures(message):
    summary = StepSummary.of(JOB, [outcome(Status.FAILED, message=message)] * 30)

    assert (f"silver.orders: {message}"[:500],) * 20 == summary.failures


def test_only_an_ingest_job_goes_round_and_round():
    facts = {
        "env": "dev",
        "run_id": "r1",
        "attempt": "a1",
        "business_date": "2026-01-01",
        "lake_root": "s3://lake",
        "pii_root": "s3://pii",
        "landing_root": "s3://landing",
        "every_seconds": 60,
    }

    assert 60 == Job(**facts, step=Step.INGEST).every_seconds
    with pytest.raises(ValidationError, match="every_seconds goes with the step ingest"):
        Job(**facts, step=Step.REFINE)
