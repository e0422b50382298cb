"""A verdict on steps is green only if the summary of every step is."""

import json

import boto3
import pytest

from lambdas.on_steps_finished.handler import handler
from shared.errors import TerminalError
from shared.jobs import Colour, Status, Step
from shared.names import Variable, summary_location
from shared.summaries import StepSummary

RUN = "run-1"
INGEST, REFINE = "a" * 64, "b" * 64
BUCKET = "lake"


def summary(step, attempt, *, run=RUN, failures=(), **counts):
    tables = {status: counts.get(status, 0) for status in Status}
    colour = Colour.RED if failures else Colour.GREEN
    return StepSummary(run_id=run, step=step, attempt=attempt, colour=colour, tables=tables, failures=failures)


@pytest.fixture(params=["folder", "bucket"])
def lake(request, aws, monkeypatch, tmp_path):
    """A lake in a folder or a bucket, which makes no difference to the function."""
    root = str(tmp_path) if request.param == "folder" else f"s3://{BUCKET}"
    monkeypatch.setenv(Variable.LAKE_ROOT, root)
    monkeypatch.setenv(Variable.ENV, "prod")
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def leave(text, step, attempt):
        location = summary_location(root, RUN, step, attempt)
        if root.startswith("s3://"):
            boto3.client("s3").put_object(Bucket=BUCKET, Key=location.split("/", 3)[3], Body=text.encode())
        else:
            path = tmp_path / location.removeprefix(f"{root}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return leave


def leave(lake, found, step=None, attempt=None):
    lake(found.model_dump_json(), step or found.step, attempt or found.attempt)


def event(**changes):
    return {
        "run_id": RUN,
        "steps": ["ingest", "refine"],
        "attempts": {"ingest": INGEST, "refine": REFINE},
        "crashes": [],
        **changes,
    }


def test_steps_that_went_well_are_green_with_their_counts(lake, context):
    leave(lake, summary(Step.INGEST, INGEST, succeeded=3, unchanged=1))
    leave(lake, summary(Step.REFINE, REFINE, succeeded=2))

    verdict = handler(event(), context)

    assert ("green", True, []) == (verdict["colour"], verdict["open"], verdict["failed"])
    assert (3, 2) == (verdict["counts"]["ingest"]["succeeded"], verdict["counts"]["refine"]["succeeded"])


def test_failed_table_is_red_and_leaves_the_gate_open(lake, context):
    leave(lake, summary(Step.INGEST, INGEST, failures=("bronze.ecb__fx: the source is down",), failed=1))
    leave(lake, summary(Step.REFINE, REFINE, skipped=1))

    verdict = handler(event(), context)

    assert ("red", True) == (verdict["colour"], verdict["open"])
    assert ["ingest: bronze.ecb__fx: the source is down"] == verdict["failed"]


def test_missing_summary_is_red_and_closes_the_gate(lake, context):
    leave(lake, summary(Step.INGEST, INGEST))

    verdict = handler(event(), context)

    assert ("red", False) == (verdict["colour"], verdict["open"])
    assert ["left no summary"] == [said for said in ["left no summary"] if said in verdict["failed"][0]]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(summary(Step.REFINE, REFINE, run="run-0"), id="another run"),
        pytest.param(summary(Step.REFINE, INGEST), id="another attempt"),
        pytest.param(summary(Step.INGEST, REFINE), id="another step"),
    ],
)
def test_foreign_summary_is_red_and_closes_the_gate(lake, context, found):
    leave(lake, summary(Step.INGEST, INGEST))
    leave(lake, found, Step.REFINE, REFINE)

    verdict = handler(event(), context)

    assert ("red", False) == (verdict["colour"], verdict["open"])
    assert "another job run's" in verdict["failed"][0]


def test_summary_that_cannot_be_read_is_red(lake, context):
    leave(lake, summary(Step.INGEST, INGEST))
    lake("{", Step.REFINE, REFINE)

    verdict = handler(event(), context)

    assert ("red", False) == (verdict["colour"], verdict["open"])
    assert "cannot be read" in verdict["failed"][0]


def test_step_that_crashed_is_red_and_its_crash_comes_first(lake, context):
    leave(lake, summary(Step.INGEST, INGEST))

    verdict = handler(event(attempts={"ingest": INGEST}, crashes=["Refine to silver: States.TaskFailed"]), context)

    assert ("red", False) == (verdict["colour"], verdict["open"])
    assert ["Refine to silver: States.TaskFailed", "refine: the step did not come to its end"] == verdict["failed"]


def test_first_failures_are_named_and_the_rest_left_to_the_outcomes(lake, context):
    failures = tuple(f"bronze.t{i}: no" for i in range(20))
    leave(lake, summary(Step.INGEST, INGEST, failures=failures, failed=20))
    leave(lake, summary(Step.REFINE, REFINE, failures=failures, failed=20))

    assert [f"ingest: {failure}" for failure in failures] == handler(event(), context)["failed"]


def test_failed_tables_are_counted_as_a_metric_once_the_run_ends(lake, context, capsys):
    leave(lake, summary(Step.INGEST, INGEST, failures=("bronze.x: no",), failed=1))
    leave(lake, summary(Step.REFINE, REFINE))
    handler(event(), context)
    handler(event(steps=["ingest", "refine", "record"]), context)
    metrics = json.loads(capsys.readouterr().out)

    assert ("prod", [1.0], [0.0]) == tuple(
        metrics[name] for name in ("environment", "ingest_tables_failed", "refine_tables_failed")
    )


def test_bucket_that_does_not_answer_is_an_error_and_not_a_verdict(aws, context, monkeypatch):
    monkeypatch.setenv(Variable.LAKE_ROOT, "s3://somebody-elses-lake")
    monkeypatch.setenv(Variable.ENV, "prod")

    with pytest.raises(OSError, match="NoSuchBucket"):
        handler(event(), context)


def test_wrong_event_is_refused_by_name(lake, context):
    with pytest.raises(TerminalError, match="attempts"):
        handler(event(attempts={"polish": "a"}), context)
