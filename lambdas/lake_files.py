"""Reads files that jobs left in the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import smart_open
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MISSING = frozenset({"NoSuchKey", "404"})


def read_if_there(location: str, s3: S3Client | None = None) -> str | None:
    """The text of a file; None if there is no such file.

    Args:
        location: `s3://...` or a file.
        s3: The client to read with; to read many files, give one, since making a client takes longer than a file.

    Raises:
        OSError: S3 gave another answer; a retry may succeed.
    """
    try:
        with smart_open.open(location, encoding="utf-8", transport_params={"client": s3} if s3 else None) as file:
            return str(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        # smart_open wraps S3's answer.
        answer = getattr(error, "backend_error", None)
        if isinstance(answer, ClientError) and answer.response["Error"]["Code"] in MISSING:
            return None
        raise
