"""Fills the secret of a source, which a deploy creates empty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3

from shared.errors import TerminalError, UnknownNameError
from shared.names import source_secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.config import Environment


def put_secret(environment: Environment, source: str, text: str, *, known: Iterable[str]) -> str:
    """Put a connection into the secret of a source, and return the id of the new version. The value is never shown.

    Args:
        environment: The environment that has the secret.
        source: The source system.
        text: The connection, one JSON object.
        known: The sources that have a secret.

    Raises:
        UnknownNameError: the source has no secret.
        TerminalError: the text is no JSON object, or the environment is not deployed.
    """
    if source not in known:
        raise UnknownNameError("source with a secret", source, sorted(known))
    try:
        is_object = isinstance(json.loads(text), dict)
    except json.JSONDecodeError:
        # The error would quote the text.
        is_object = False
    if not is_object:
        raise TerminalError(
            f"the connection to {source} cannot be read",
            given=f"{len(text)} characters that are no JSON object",
            expected='for example {"account": "...", "user": "...", "password": "..."}',
        )
    client = boto3.client("secretsmanager")
    name = source_secret(environment.name, source)
    try:
        return str(client.put_secret_value(SecretId=name, SecretString=text)["VersionId"])
    except client.exceptions.ResourceNotFoundException as error:
        raise TerminalError(
            f"there is no secret {name}", expected="a secret made by a deploy", mend=f"deploy {environment.name} first"
        ) from error
