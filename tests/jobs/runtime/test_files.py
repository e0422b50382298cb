"""The files that a step leaves: outcomes in full, and a summary that a state machine can carry."""

from datetime import date
from pathlib import Path
from threading import Thread

import boto3
import pytest
from moto import mock_aws

from jobs.runtime.files import (
    OUTCOMES,
    earlier_outcomes,
    folders_in,
    leave_outcomes,
    read_text,
    remove_file,
    write_text,
)
from shared.jobs import Colour, Failure, Job, Status, Step, TableOutcome
from shared.summaries import SUMMARY_LIMIT_BYTES, StepSummary


@pytest.fixture
def job(tmp_path):
    def of(step, attempt="a1", **changes):
        return Job(
            env="local",
            step=step,
            run_id="r1",
            attempt=attempt,
            business_date=date(2026, 1, 1),
            lake_root=str(tmp_path),
            pii_root=str(tmp_path / "pii"),
            landing_root=str(tmp_path),
            **changes,
        )

    return of


def outcome(table, step=Step.REFINE, status=Status.SUCCEEDED, message=""):
    failure = Failure(error="GateClosedError", message=message, retryable=False) if message else None
    return TableOutcome(table=table, step=step, status=status, failure=failure)


def test_a_step_leaves_its_outcomes_whole_and_its_summary_short(job, tmp_path):
    outcomes = [outcome("silver.a"), outcome("silver.b", status=Status.FAILED, message="closed")]
    summary = leave_outcomes(job(Step.REFINE), outcomes)
    folder = tmp_path / "runs" / "r1" / "refine"
    assert {"a1.outcomes.json", "a1.summary.json"} == {f.name for f in folder.iterdir()}
    assert tuple(outcomes) == OUTCOMES.validate_json((folder / "a1.outcomes.json").read_bytes())
    assert summary == StepSummary.model_validate_json((folder / "a1.summary.json").read_bytes())
    assert (Colour.RED, ("silver.b: closed",)) == (summary.colour, summary.failures)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("x" * 2000, id="plain"),
        pytest.param("é✓𝄞" * 600, id="letters of many bytes"),
        pytest.param('"\\\n\x00' * 500, id="letters that JSON escapes"),
    ],
)
def test_a_thousand_failures_still_fit_a_state_machine(job, tmp_path, message):
    outcomes = [outcome(f"silver.table_{i}", status=Status.FAILED, message=message) for i in range(1000)]
    leave_outcomes(job(Step.REFINE), outcomes)
    folder = tmp_path / "runs" / "r1" / "refine"
    text = (folder / "a1.summary.json").read_bytes()
    assert len(text) <= SUMMARY_LIMIT_BYTES
    summary = StepSummary.model_validate_json(text)
    assert (Colour.RED, 1000) == (summary.colour, summary.tables[Status.FAILED])
    assert summary.failures[0].startswith("silver.table_0: ")
    assert 1000 == len(OUTCOMES.validate_json((folder / "a1.outcomes.json").read_bytes()))


def test_earlier_outcomes_come_in_the_order_of_the_steps_and_of_the_named_attempts(job):
    leave_outcomes(job(Step.INGEST, "a1"), [outcome("bronze.a", Step.INGEST, Status.FAILED)])
    leave_outcomes(job(Step.INGEST, "a2"), [outcome("bronze.a", Step.INGEST)])
    leave_outcomes(job(Step.REFINE, "a3"), [outcome("silver.a")])
    later = job(Step.BUILD, earlier={Step.REFINE: "a3", Step.INGEST: "a2"})
    assert [outcome("bronze.a", Step.INGEST), outcome("silver.a")] == earlier_outcomes(later)


def test_a_first_step_has_nothing_before_it(job):
    assert [] == earlier_outcomes(job(Step.INGEST))


def test_an_earlier_step_that_left_nothing_is_not_passed_over(job):
    with pytest.raises(FileNotFoundError):
        earlier_outcomes(job(Step.REFINE, earlier={Step.INGEST: "a1"}))


def test_files_go_to_a_bucket_too(job, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="lake")
        there = job(Step.INGEST).model_copy(update={"lake_root": "s3://lake"})
        leave_outcomes(there, [outcome("bronze.a", Step.INGEST)])
        later = there.model_copy(update={"step": Step.REFINE, "earlier": {Step.INGEST: "a1"}})
        assert [outcome("bronze.a", Step.INGEST)] == earlier_outcomes(later)
    assert not Path("s3:").exists()


@pytest.mark.parametrize("root", ["{folder}", "s3://lake"])
def test_a_small_file_is_there_until_it_is_removed(root, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    place = root.format(folder=tmp_path) + "/requests/r1.json"
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="lake")
        write_text(f"{place}.old", "another")

        assert read_text(place) is None
        write_text(place, "café")
        assert "café" == read_text(place)
        remove_file(place)
        assert read_text(place) is None
        remove_file(place)


@pytest.mark.parametrize("root", ["{folder}", "s3://lake", "s3://lake/inside"])
def test_folders_are_listed_without_what_lies_in_them_or_beside_them(root, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    place = root.format(folder=tmp_path)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="lake")
        for name in ("silver/orders/a.parquet", "silver/orders/_delta_log/0.json", "silver/customers/b", "silver/file"):
            write_text(f"{place}/{name}", "text")

        assert [f"{place}/silver/customers", f"{place}/silver/orders"] == folders_in(f"{place}/silver")
        assert [] == folders_in(f"{place}/gold")


def test_who_reads_a_file_while_it_is_written_finds_it_whole(tmp_path):
    """A process that dies during a write leaves no partial file, and a reader meanwhile sees none."""
    place, texts, found = tmp_path / "run.json", ["a" * 4_000_000, "b" * 4_000_000], set()

    def write():
        for text in texts * 5:
            write_text(str(place), text)

    writer = Thread(target=write)
    writer.start()
    while writer.is_alive():
        found.add(read_text(str(place)))
    writer.join()

    assert found <= {None, *texts}
    assert ["run.json"] == [file.name for file in tmp_path.iterdir()]
