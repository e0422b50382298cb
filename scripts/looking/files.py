"""Lists and reads small files of a lake, in a folder or, with the credentials of the environment, in a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

S3 = "s3://"


@dataclass(frozen=True)
class FoundFile:
    """A file: its location, its path below the place that was searched, and when it was last written."""

    location: str
    path: str
    changed_at: datetime


def find_files(place: str) -> list[FoundFile]:
    """Every file below a place, by path; none if the place does not exist.

    Raises:
        SourceUnavailableError: S3 did not answer.
        TerminalError: S3 refused.
    """
    found = _in_bucket(place) if place.startswith(S3) else _in_folder(Path(place))
    return sorted(found, key=lambda file: file.path)


def has_files(place: str) -> bool:
    """Whether there is anything below a place."""
    if place.startswith(S3):
        return next(_in_bucket(place), None) is not None
    folder = Path(place)
    return folder.is_dir() and next(folder.iterdir(), None) is not None


def find_folders(place: str) -> list[str]:
    """The names of the folders directly below a place; none if the place does not exist."""
    if place.startswith(S3):
        return sorted(_folders_in_bucket(place))
    folder = Path(place)
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def read_text(location: str) -> str:
    """The whole text of one small file.

    Raises:
        SourceUnavailableError: S3 did not answer.
        TerminalError: S3 refused.
    """
    return text_reader(location)(location)


def text_reader(place: str) -> Callable[[str], str]:
    """Return a function that reads small files below a place, as `read_text` does.

    It is meant for many files: threads may share it, and all its requests to S3 go through one client.
    """
    if not place.startswith(S3):
        return lambda location: Path(location).read_text(encoding="utf-8")
    import boto3

    from jobs.runtime.aws import aws_answers

    s3 = boto3.client("s3")

    def read(location: str) -> str:
        bucket, _, key = location.removeprefix(S3).partition("/")
        with aws_answers(location):
            body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body.decode("utf-8")

    return read


def _in_folder(folder: Path) -> Iterator[FoundFile]:
    for file in folder.rglob("*"):
        try:
            facts = file.stat()
        except FileNotFoundError:  # a run in progress has renamed or removed it
            continue
        if S_ISREG(facts.st_mode):
            changed_at = datetime.fromtimestamp(facts.st_mtime, UTC)
            yield FoundFile(str(file), file.relative_to(folder).as_posix(), changed_at)


def _in_bucket(place: str) -> Iterator[FoundFile]:
    import boto3

    from jobs.runtime.aws import aws_answers

    bucket, _, prefix = f"{place}/".removeprefix(S3).partition("/")
    with aws_answers(f"the files under {place}"):
        for page in boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", ()):
                key = item["Key"]
                yield FoundFile(f"{S3}{bucket}/{key}", key.removeprefix(prefix), item["LastModified"])


def _folders_in_bucket(place: str) -> Iterator[str]:
    import boto3

    from jobs.runtime.aws import aws_answers

    bucket, _, prefix = f"{place}/".removeprefix(S3).partition("/")
    with aws_answers(f"the folders under {place}"):
        request = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}
        for page in boto3.client("s3").get_paginator("list_objects_v2").paginate(**request):
            for item in page.get("CommonPrefixes", ()):
                yield item["Prefix"].removeprefix(prefix).rstrip("/")
