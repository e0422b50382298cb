"""The published rows, and the answer to a request for one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.observability import logger
from shared.serving import PATH, PATH_LIMIT_BYTES, ROW, VERSION, canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.service_resource import Table

JSON = {"content-type": "application/json"}
RETRY_AFTER_SECONDS = 2


@dataclass(frozen=True)
class Row:
    """A row as it was published, and the version of its table that it was read from."""

    text: str
    version: str

    @property
    def etag(self) -> str:
        """A hash of the row: it changes when the row does, and only then."""
        return f'"{hashlib.sha256(self.text.encode()).hexdigest()[:32]}"'


@dataclass(frozen=True)
class ServedRows:
    """The published rows, by their paths."""

    items: Table

    def at(self, path: str) -> Row | None:
        """The row at a path, which begins with a slash; items at other keys are the publisher's own."""
        if not path.startswith("/") or len(path) > PATH_LIMIT_BYTES:
            return None
        item = self.items.get_item(Key={PATH: path}).get("Item")
        return Row(str(item[ROW]), str(item[VERSION])) if item else None


@dataclass(frozen=True)
class Answer:
    """The answer to a request; `collection` is None unless the row exists."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: str = ""
    collection: str | None = None


def answer(rows: ServedRows, requested: str, *, if_none_match: str) -> Answer:
    """Look a row up, and answer with it, or that it has not changed, does not exist or cannot be read now.

    Args:
        rows: The published rows.
        requested: The path, as decoded by API Gateway.
        if_none_match: The versions that the caller has already, as HTTP writes them.
    """
    path = canonical(requested)
    try:
        row = rows.at(path)
    except (ClientError, BotoCoreError) as error:
        # The message of the error may repeat the path.
        logger.error("the rows cannot be read", extra={"error": _kind(error)})
        return _message(HTTPStatus.SERVICE_UNAVAILABLE, "try again", {"retry-after": str(RETRY_AFTER_SECONDS)})
    if row is None:
        return _message(HTTPStatus.NOT_FOUND, f"there is no row at {path}")
    collection, tags = path.split("/")[1], {"etag": row.etag, "x-table-version": row.version}
    if _is_known(row.etag, if_none_match):
        return Answer(HTTPStatus.NOT_MODIFIED, tags, collection=collection)
    return Answer(HTTPStatus.OK, JSON | tags, row.text, collection)


def _message(status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {**JSON, **(headers or {})}, json.dumps({"message": message}))


def _is_known(etag: str, if_none_match: str) -> bool:
    """Whether one of the tags is this one; RFC 9110 wants them compared weakly, and `*` to match any."""
    return bool({tag.strip().removeprefix("W/") for tag in if_none_match.split(",")} & {etag, "*"})


def _kind(error: ClientError | BotoCoreError) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
