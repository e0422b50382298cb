"""An account that other processes can reach, with the table of leases and the key of personal data."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

from jobs.runtime import aws
from shared.names import pii_key_secret
from tests.support.small_lake import ENV, PII_KEY, make_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.support.gate import Gate


@contextmanager
def served_account(patch: pytest.MonkeyPatch, gate: Gate | None = None) -> Iterator[dict[str, str]]:
    """Serve an account on a free port, behind a gate if one is given, and yield the variables to reach it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    # An account lives as long as the process, so it has what earlier tests left in it.
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    if gate and moto._server:
        moto._server.app = gate.before(moto._server.app)
    variables = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in variables.items():
        patch.setenv(name, value)
    # Clients cached for an account in this process would not reach this one.
    aws._client.cache_clear()
    boto3.client("secretsmanager").create_secret(Name=pii_key_secret(ENV), SecretString=PII_KEY)
    make_tables()
    try:
        yield variables
    finally:
        aws._client.cache_clear()
        moto.stop()
