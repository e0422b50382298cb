"""Reads what jobs left in the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import smart_open
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MISSING = frozenset({"NoSuchKey", "404"})


def read_if_there(location: str, s3: S3Client | None = None) -> str | None:
    """The text at a place; None where nothing lies.

    Args:
        location: `s3://...` or a file.
        s3: The client that reads it; whoever reads many pages gives one, since making one takes longer than a page.

    Raises:
        OSError: S3 gave another answer, which may go well another time.
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
