"""Small files of a run, in the lake's root: a folder on a laptop, a bucket on AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import TypeAdapter

from jobs.runtime.aws import client, open_file
from shared.jobs import Job, Step, TableOutcome
from shared.ledger import RunRecord
from shared.names import outcomes_location, run_location, summary_location
from shared.summaries import StepSummary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_s3 import S3Client

OUTCOMES = TypeAdapter(tuple[TableOutcome, ...])


def write_text(location: str, text: str) -> None:
    """Write one small file, atomically; on a disk its folder is created too."""
    if "://" not in location:
        path = Path(location)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{uuid4().hex}.unfinished")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
        return
    with open_file(location, "w", encoding="utf-8") as file:
        file.write(text)


def read_text(location: str) -> str | None:
    """The text of one small file; None if there is no such file.

    Raises:
        ClientError: S3 refused, or did not answer.
    """
    if "://" not in location:
        path = Path(location)
        return path.read_text(encoding="utf-8") if path.exists() else None
    s3, bucket, key = _in_s3(location)
    # If the role may list one prefix only, S3 answers a read of a missing object as if it were forbidden.
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    if [key] != [found["Key"] for found in listed]:
        return None
    return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8"))


def remove_file(location: str) -> None:
    """Remove one small file; do nothing if there is none."""
    if "://" not in location:
        Path(location).unlink(missing_ok=True)
        return
    s3, bucket, key = _in_s3(location)
    s3.delete_object(Bucket=bucket, Key=key)


def folders_in(location: str) -> list[str]:
    """The places of the folders in a folder; none if it does not exist.

    A job's role may list every name, but Hadoop's file system looks for a folder also as an object, which S3 refuses.
    """
    if "://" not in location:
        path = Path(location)
        names = [found.name for found in path.iterdir() if found.is_dir()] if path.is_dir() else []
    else:
        s3, bucket, key = _in_s3(location)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{key}/", Delimiter="/")
        prefixes = [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", [])]
        names = [prefix.removesuffix("/").rpartition("/")[2] for prefix in prefixes]
    return [f"{location}/{name}" for name in sorted(names)]


def _in_s3(location: str) -> tuple[S3Client, str, str]:
    """The S3 client, and the bucket and key of a location."""
    bucket, _, key = location.partition("://")[2].partition("/")
    return client("s3"), bucket, key


def leave_outcomes(job: Job, outcomes: list[TableOutcome]) -> StepSummary:
    """Write every outcome of a step, then its summary, whose presence says that the step has ended."""
    summary = StepSummary.of(job, outcomes)
    where = (job.lake_root, job.run_id, job.step, job.attempt)
    write_text(outcomes_location(*where), OUTCOMES.dump_json(tuple(outcomes), indent=1).decode())
    write_text(summary_location(*where), summary.model_dump_json())
    return summary


def earlier_outcomes(job: Job) -> list[TableOutcome]:
    """The outcomes of the earlier steps of this run, in the steps' order."""
    return [o for step, attempt in _in_order(job.earlier.items()) for o in _outcomes(job, step, attempt)]


def leave_record(job: Job, record: RunRecord) -> None:
    """Write the ledger's page of the run."""
    write_text(run_location(job.lake_root, job.run_id), record.model_dump_json(indent=1))


def _outcomes(job: Job, step: Step, attempt: str) -> tuple[TableOutcome, ...]:
    location = outcomes_location(job.lake_root, job.run_id, step, attempt)
    with open_file(location, encoding="utf-8") as file:
        return OUTCOMES.validate_json(file.read())


def _in_order(items: Iterable[tuple[Step, str]]) -> list[tuple[Step, str]]:
    order = list(Step)
    return sorted(items, key=lambda item: order.index(item[0]))
