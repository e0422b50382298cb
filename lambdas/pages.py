"""Reads what jobs left in the lake."""

from __future__ import annotations

import smart_open
from botocore.exceptions import ClientError

MISSING = frozenset({"NoSuchKey", "404"})


def read_page(location: str) -> str | None:
    """The text at a place; None where nothing lies.

    Args:
        location: `s3://...` or a file.

    Raises:
        OSError: S3 gave another answer, which may go well another time.
    """
    try:
        with smart_open.open(location, encoding="utf-8") as file:
            return str(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        # smart_open wraps S3's answer.
        answer = getattr(error, "backend_error", None)
        if isinstance(answer, ClientError) and answer.response["Error"]["Code"] in MISSING:
            return None
        raise
