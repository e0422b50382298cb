"""Clients of AWS services, and their errors as LakewrightErrors."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import smart_open
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from shared.errors import SourceUnavailableError, TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterator

# botocore's standard mode waits longer before each try, by a random share.
CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})
PASSING_CODES = {"SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestTimeout"}
# Raised by DynamoDB when requests increase faster than its capacity.
PASSING_CODES |= {"ProvisionedThroughputExceededException", "RequestLimitExceeded"}
# Raised by the Redshift Data API when too many statements or sessions are active.
PASSING_CODES |= {"ActiveStatementsExceededException", "ActiveSessionsExceededException"}
PASSING_FAULTS = (BotoConnectionError, HTTPClientError, IncompleteReadError, ResponseStreamingError)
SERVER_FAULT = 500

# Clients and resources are built from boto3's default session, which is not thread-safe, and steps work on several
# tables at once. So whatever a job asks of AWS through boto3 begins in this file, under this lock.
_building = threading.Lock()


def client(service: str) -> Any:  # noqa: ANN401 - each service has methods of its own
    """The client of an AWS service, one per process; threads may share it."""
    with _building:
        return _client(service)


def resource(service: str) -> Any:  # noqa: ANN401 - as above
    """A new resource of an AWS service; unlike a client, it must not be shared between threads."""
    with _building:
        return boto3.resource(service, config=CONFIG)


def open_file(location: str, mode: str = "r", encoding: str | None = None) -> Any:  # noqa: ANN401 - text or bytes
    """Open a file on disk or in S3, as `open` does; by itself smart_open would build a client of its own for S3."""
    params = {"client": client("s3")} if location.startswith("s3://") else {}
    return smart_open.open(location, mode, encoding=encoding, transport_params=params)


@cache
def _client(service: str) -> Any:  # noqa: ANN401 - as above
    return boto3.client(service, config=CONFIG)


@contextmanager
def aws_answers(asked: str) -> Iterator[None]:
    """Turn the errors of AWS calls made within into LakewrightErrors.

    Args:
        asked: What the caller wants, as the error names it.

    Raises:
        SourceUnavailableError: AWS did not answer, or throttled the call.
        TerminalError: AWS refused.
    """
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in PASSING_CODES or status >= SERVER_FAULT:
            raise SourceUnavailableError(f"AWS could not give {asked} for now", given=code or str(status)) from None
        raise TerminalError(
            f"AWS refused {asked}", given=code, mend="create it, or grant the job's role access to it"
        ) from None
    except PASSING_FAULTS as error:
        raise SourceUnavailableError(f"AWS did not answer for {asked}", given=type(error).__name__) from None
    except BotoCoreError as error:
        raise TerminalError(f"{asked} could not be asked of AWS", given=type(error).__name__) from None


def error_code(error: ClientError) -> str:
    """The code that AWS gives an error, such as `AccessDeniedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))
