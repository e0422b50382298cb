"""The landing zone, a bucket or a local folder: lists its files, and stores downloaded ones."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.runtime.aws import aws_answers, client
from shared.names import LANDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

S3 = "s3://"
WILDCARDS = re.compile(r"\*\*/|\*\*|\*|\?")
# A wildcard takes no part of a place that begins with `.` or `_`; what a location says by letters is wanted.
SHOWN = r"(?!(?<=/)[._])[^/]"
WILDCARD_PATTERNS = {
    "**/": rf"(?:(?:{SHOWN}[^/]*)?/)*",
    "**": f"(?:{SHOWN}|/)*",
    "*": f"(?:{SHOWN}[^/]*)?",
    "?": SHOWN,
}


@dataclass(frozen=True)
class LandedFile:
    """A file as it was listed. `token` changes whenever the content may have; S3's is the ETag with the size."""

    key: str
    location: str
    token: str
    modified: datetime
    bytes: int


def list_files(location: str, landing_root: str) -> list[LandedFile]:
    """The files that match a location with wildcards, oldest first.

    `*` and `?` do not match a slash, `**` does. Names that begin with `.` or `_` are left out, and so is what lies in
    folders of such names, unless the location spells the folder out. Folders that a console makes in a bucket are no
    files. A place that does not exist yet has no files.

    Raises:
        SourceUnavailableError: S3 did not answer.
        TerminalError: S3 refused.
    """
    root = _root(landing_root)
    place = _place(location, root)
    is_wanted, fixed = wanted(location, landing_root), WILDCARDS.split(place, maxsplit=1)[0]
    found = _in_bucket(fixed) if place.startswith(S3) else _in_folder(fixed.rpartition("/")[0])
    files = [
        LandedFile(where.removeprefix(root), where, token, modified, size)
        for where, token, modified, size in found
        if is_wanted(where)
    ]
    return sorted(files, key=lambda f: (f.modified, f.key))


def wanted(location: str, landing_root: str) -> Callable[[str], bool]:
    """The function that says whether a file matches a location with wildcards, as for `list_files`."""
    pattern = _pattern(_place(location, _root(landing_root)))
    return lambda file: not _is_hidden(file) and pattern.fullmatch(file) is not None


def keep(file: Path, key: str, landing_root: str) -> LandedFile:
    """Copy a local file into the landing zone, whole or not at all.

    Raises:
        SourceUnavailableError: S3 did not answer.
        TerminalError: S3 refused.
    """
    location = _root(landing_root) + key
    if location.startswith(S3):
        with aws_answers(location):
            client("s3").upload_file(str(file), *split_s3(location))
    elif not Path(location).exists():
        target = Path(location)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(file, unfinished)
        unfinished.replace(target)
    [kept] = list_files(location, landing_root)
    return kept


def file_token(path: Path) -> str:
    """The token of a local file: modification time and size."""
    facts = path.stat()
    return f"{facts.st_mtime_ns}:{facts.st_size}"


def split_s3(location: str) -> tuple[str, str]:
    """Bucket and key of an s3:// location."""
    bucket, _, key = location.removeprefix(S3).partition("/")
    return bucket, key


def _place(location: str, root: str) -> str:
    return root + location.removeprefix(LANDING) if location.startswith(LANDING) else location


def _is_hidden(file: str) -> bool:
    name = file.rpartition("/")[2]
    return not name or name.startswith((".", "_"))


def _root(landing_root: str) -> str:
    # Python workers have a working folder of their own.
    root = landing_root if landing_root.startswith(S3) else Path(landing_root).absolute().as_posix()
    return root.rstrip("/") + "/"


def _pattern(place: str) -> re.Pattern[str]:
    pieces, start = [], 0
    for wildcard in WILDCARDS.finditer(place):
        pieces += [re.escape(place[start : wildcard.start()]), WILDCARD_PATTERNS[wildcard[0]]]
        start = wildcard.end()
    return re.compile("".join(pieces) + re.escape(place[start:]))


def _in_bucket(prefix: str) -> Iterator[tuple[str, str, datetime, int]]:
    bucket, key = split_s3(prefix)
    with aws_answers(f"the files under {prefix}"):
        for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            for item in page.get("Contents", ()):
                size = int(item["Size"])
                yield f"{S3}{bucket}/{item['Key']}", f"{item['ETag']}:{size}", item["LastModified"], size


def _in_folder(folder: str) -> Iterator[tuple[str, str, datetime, int]]:
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if path.exists():
                facts = path.stat()
                yield path.as_posix(), file_token(path), datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size
