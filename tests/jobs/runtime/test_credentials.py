"""Secrets and parameters are fetched by name; errors of AWS are reported without values."""

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from jobs.runtime.aws import aws_answers
from jobs.runtime.credentials import read_parameter, read_secret
from shared.errors import SourceUnavailableError, TerminalError


def test_a_secret_is_read(account):
    boto3.client("secretsmanager", endpoint_url=account).create_secret(Name="lakewright/local/s", SecretString="text")
    assert read_secret("lakewright/local/s") == "text"


def test_a_secret_without_value_says_how_to_put_one(account):
    boto3.client("secretsmanager", endpoint_url=account).create_secret(Name="lakewright/local/s")
    with pytest.raises(TerminalError, match=r"lakewright/local/s.*put it with `\./lake secrets put"):
        read_secret("lakewright/local/s")


@pytest.mark.usefixtures("account")
def test_a_secret_that_does_not_exist_says_how_to_put_one():
    with pytest.raises(TerminalError, match=r"\./lake secrets put"):
        read_secret("lakewright/local/s")


def test_a_parameter_is_read(account):
    boto3.client("ssm", endpoint_url=account).put_parameter(Name="/a/b", Value="http://x", Type="String")
    assert read_parameter("/a/b") == "http://x"


@pytest.mark.usefixtures("account")
def test_a_parameter_that_does_not_exist_is_none():
    assert read_parameter("/a/b") is None


def refusal(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetSecretValue")


@pytest.mark.parametrize(
    "error, expected",
    [
        pytest.param(refusal("ThrottlingException", 400), SourceUnavailableError, id="throttled"),
        pytest.param(refusal("SlowDown", 503), SourceUnavailableError, id="slow down"),
        pytest.param(refusal("InternalServiceError", 500), SourceUnavailableError, id="fault of AWS"),
        pytest.param(refusal("AccessDeniedException", 400), TerminalError, id="no access"),
        pytest.param(EndpointConnectionError(endpoint_url="http://x"), SourceUnavailableError, id="no connection"),
    ],
)
def test_a_fault_of_aws_says_whether_to_try_again(error, expected):
    with pytest.raises(expected, match="the secret s") as found, aws_answers("the secret s"):
        raise error
    assert expected is found.type
