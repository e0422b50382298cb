"""Clients of the local account, whose calls stay in this process.

moto's hook inside botocore answers them, so they cannot reach a real account and use no socket. Other processes (the
Spark driver, the CDK command line) reach the same account over the server's port.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto.core.models import botocore_stubber

from scripts.local import api_models
from shared.errors import TerminalError

ACCOUNT = "123456789012"
REGION = "us-east-1"

# A boto3 session can build only one client at a time; two threads doing so have been seen to break each other.
_BUILDING = threading.Lock()


def client(service: str, region: str = REGION) -> Any:
    """A boto3 client for a service of the local account.

    Raises:
        TerminalError: no local account is open, so that the call would leave this machine.
    """
    if not botocore_stubber.enabled:
        raise TerminalError(
            f"a call to {service} was about to leave this machine",
            expected="an open LocalAccount (or moto's mock_aws in a test)",
            mend="make the call inside `with LocalAccount(...)`",
        )
    with _BUILDING:
        return _client(service, region)


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session(*(["local"] * 3), botocore_session=api_models.session())


@cache
def _client(service: str, region: str) -> Any:
    # The account's own endpoint is ignored on purpose: the hook answers addresses of AWS, not of this machine.
    config = Config(ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 1})
    return _session().client(service, region_name=region, config=config)
