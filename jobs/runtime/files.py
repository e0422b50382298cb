"""Small files of a run, in the lake's own place: a folder on a laptop, a bucket on AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import smart_open
from pydantic import TypeAdapter

from shared.jobs import Job, Step, TableOutcome
from shared.ledger import RunRecord
from shared.names import outcomes_location, run_location, summary_location
from shared.summaries import StepSummary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_s3 import S3Client

OUTCOMES = TypeAdapter(tuple[TableOutcome, ...])


def write_text(location: str, text: str) -> None:
    """Write one small file, which is there whole or not at all; its folder is made where folders exist."""
    if "://" not in location:
        path = Path(location)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{uuid4().hex}.unfinished")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
        return
    with smart_open.open(location, "w", encoding="utf-8") as file:
        file.write(text)


def read_text(location: str) -> str | None:
    """The text of one small file; None when there is none.

    Raises:
        ClientError: S3 refused, or did not answer.
    """
    if "://" not in location:
        path = Path(location)
        return path.read_text(encoding="utf-8") if path.exists() else None
    s3, bucket, key = _in_s3(location)
    # Where the role may list one prefix only, S3 refuses to read what is not there, as if it were forbidden.
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    if [key] != [found["Key"] for found in listed]:
        return None
    return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8"))


def remove_file(location: str) -> None:
    """Remove one small file; nothing happens when there is none."""
    if "://" not in location:
        Path(location).unlink(missing_ok=True)
        return
    s3, bucket, key = _in_s3(location)
    s3.delete_object(Bucket=bucket, Key=key)


def _in_s3(location: str) -> tuple[S3Client, str, str]:
    """A client, the bucket and the key. Several threads ask, and boto3's common session is not made for that."""
    bucket, _, key = location.partition("://")[2].partition("/")
    return boto3.Session().client("s3"), bucket, key


def leave_outcomes(job: Job, outcomes: list[TableOutcome]) -> StepSummary:
    """Write what a step did: every outcome, then the summary, whose presence says that the step came to its end."""
    summary = StepSummary.of(job, outcomes)
    where = (job.lake_root, job.run_id, job.step, job.attempt)
    write_text(outcomes_location(*where), OUTCOMES.dump_json(tuple(outcomes), indent=1).decode())
    write_text(summary_location(*where), summary.model_dump_json())
    return summary


def earlier_outcomes(job: Job) -> list[TableOutcome]:
    """What the earlier steps of this run did, in order."""
    return [o for step, attempt in _in_order(job.earlier.items()) for o in _outcomes(job, step, attempt)]


def leave_record(job: Job, record: RunRecord) -> None:
    """Write the ledger's page of the run."""
    write_text(run_location(job.lake_root, job.run_id), record.model_dump_json(indent=1))


def _outcomes(job: Job, step: Step, attempt: str) -> tuple[TableOutcome, ...]:
    with smart_open.open(outcomes_location(job.lake_root, job.run_id, step, attempt), encoding="utf-8") as file:
        return OUTCOMES.validate_json(file.read())


def _in_order(items: Iterable[tuple[Step, str]]) -> list[tuple[Step, str]]:
    order = list(Step)
    return sorted(items, key=lambda item: order.index(item[0]))
