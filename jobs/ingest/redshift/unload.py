"""The files of one UNLOAD, checked against its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from jobs.ingest.landing import S3, split_s3
from jobs.runtime.aws import aws_answers, client, error_code, open_file
from shared.errors import SourceUnavailableError

MANIFEST = "manifest"
NOT_THERE = {"404", "NoSuchKey"}
NOT_PARQUET = (pa.ArrowInvalid, OSError)


class _Meta(BaseModel):
    model_config = ConfigDict(frozen=True)

    record_count: int
    content_length: int = 0


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)

    url: str
    meta: _Meta


class _Manifest(BaseModel):
    """The part of a verbose manifest that counts rows."""

    model_config = ConfigDict(frozen=True)

    entries: tuple[_Entry, ...]
    meta: _Meta


@dataclass(frozen=True)
class Unload:
    """The files of an unload that hold rows, in order, and the number of their rows and bytes."""

    files: tuple[str, ...]
    rows: int
    bytes: int


def read_unload(prefix: str, error_context: str) -> Unload:
    """Read the manifest, and check each file's own row count against it.

    A statement that went well and found no rows writes nothing at all, not even a manifest.

    Raises:
        SourceUnavailableError: a file is missing, is not whole or holds other rows than the manifest says; the next
            attempt unloads anew.
    """
    with aws_answers(error_context):
        if _is_empty(f"{prefix}/"):
            return Unload((), 0, 0)
        manifest = _read_manifest(f"{prefix}/{MANIFEST}", error_context)
        entries = [e for e in manifest.entries if e.meta.record_count]
        for entry in entries:
            _check_file(entry, error_context)
    total = sum(e.meta.record_count for e in entries)
    if total != manifest.meta.record_count:
        raise _broken(
            error_context, f"files of {total} rows", f"{manifest.meta.record_count} rows, as the manifest says"
        )
    return Unload(tuple(e.url for e in entries), total, sum(e.meta.content_length for e in entries))


def _is_empty(folder: str) -> bool:
    """Whether nothing at all lies in a folder."""
    if folder.startswith(S3):
        bucket, key = split_s3(folder)
        return not client("s3").list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents")
    return not Path(folder).exists() or not any(Path(folder).iterdir())


def _read_manifest(location: str, error_context: str) -> _Manifest:
    try:
        with open_file(location, encoding="utf-8") as file:
            return _Manifest.model_validate_json(file.read())
    except ValidationError as error:
        fault = error.errors()[0]
        raise _broken(
            error_context, f"a manifest with a fault in {fault['loc']}", "entries and meta with counts"
        ) from None
    except (OSError, ClientError) as error:
        raise _missing(error_context, MANIFEST, error) from None


def _check_file(entry: _Entry, error_context: str) -> None:
    name = entry.url.rpartition("/")[2]
    try:
        with open_file(entry.url, "rb") as file:
            rows = pq.read_metadata(file).num_rows
    except (*NOT_PARQUET, ClientError) as error:
        raise _missing(error_context, name, error) from None
    if rows != entry.meta.record_count:
        raise _broken(error_context, f"{name} of {rows} rows", f"{entry.meta.record_count} rows, as the manifest says")


def _missing(error_context: str, name: str, error: Exception) -> Exception:
    """The error for a file that cannot be opened; a fault of S3's own is returned as it is."""
    cause = error if isinstance(error, ClientError) else getattr(error, "backend_error", None)
    if isinstance(cause, ClientError) and error_code(cause) not in NOT_THERE:
        return cause
    return _broken(error_context, f"{name}: {type(error).__name__}", "every file the manifest lists, whole")


def _broken(error_context: str, given: str, expected: str) -> SourceUnavailableError:
    return SourceUnavailableError(
        f"{error_context}: the unload is not what its manifest says", given=given, expected=expected, mend="run again"
    )
