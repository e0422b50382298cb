"""An account in this process."""

import boto3
import pytest
from moto import mock_aws

from scripts.local import lake_formation
from scripts.operating import preflight
from tests.support.prepared_account import prepare


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    lake_formation.install()
    with mock_aws():
        yield


@pytest.fixture
def quota(monkeypatch):
    """The quota of vCPUs; moto has none for EMR Serverless."""
    value = {"Quota": {"Value": 16.0}}
    made = boto3.client

    class Quotas:
        exceptions = type("Exceptions", (), {"NoSuchResourceException": LookupError})

        def get_service_quota(self, ServiceCode, QuotaCode):  # noqa: N803 - as boto3 has it
            assert ("emr-serverless", "L-D05C8A75") == (ServiceCode, QuotaCode)
            return value

    monkeypatch.setattr(preflight.boto3, "client", lambda name: Quotas() if name == "service-quotas" else made(name))
    return value["Quota"]


@pytest.fixture
def ready(aws, quota):
    """An account where prod can be deployed, and its quota."""
    prepare()
    return quota
