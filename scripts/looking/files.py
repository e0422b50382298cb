"""Small files of a lake: found and read in a folder, or in a bucket with the credentials of the environment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

S3 = "s3://"


@dataclass(frozen=True)
class FoundFile:
    """A file, its path below the place that was searched, and when it was last written."""

    location: str
    path: str
    changed_at: datetime


def find_files(place: str) -> list[FoundFile]:
    """Every file below a place; none when the place does not exist."""
    found = _in_bucket(place) if place.startswith(S3) else _in_folder(Path(place))
    return sorted(found, key=lambda file: file.path)


def has_files(place: str) -> bool:
    """Whether there is anything below a place."""
    if place.startswith(S3):
        return next(_in_bucket(place), None) is not None
    folder = Path(place)
    return folder.is_dir() and next(folder.iterdir(), None) is not None


def read_text(location: str) -> str:
    """The whole text of one small file."""
    if not location.startswith(S3):
        return Path(location).read_text(encoding="utf-8")
    import boto3

    bucket, _, key = location.removeprefix(S3).partition("/")
    answer = boto3.client("s3").get_object(Bucket=bucket, Key=key)
    return str(answer["Body"].read().decode("utf-8"))


def _in_folder(folder: Path) -> Iterator[FoundFile]:
    for file in folder.rglob("*"):
        if file.is_file():
            changed_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            yield FoundFile(str(file), file.relative_to(folder).as_posix(), changed_at)


def _in_bucket(place: str) -> Iterator[FoundFile]:
    import boto3

    bucket, _, prefix = f"{place}/".removeprefix(S3).partition("/")
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for item in page.get("Contents", ()):
            key = item["Key"]
            yield FoundFile(f"{S3}{bucket}/{key}", key.removeprefix(prefix), item["LastModified"])
