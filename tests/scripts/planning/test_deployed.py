"""If an environment's deployed contracts cannot be read, the plan says why."""

import json

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from scripts.cli.root import root
from shared.config import load_environment
from shared.names import JOBS_OUTPUT, Names

LAKE_ROOT = {"LakeRoot": {"Value": "s3://lake"}}
LOST = {JOBS_OUTPUT: {"Value": "s3://assets/lost.zip"}}


@pytest.fixture
def account(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="assets")
        yield


@pytest.mark.parametrize(
    "outputs, code, words",
    [
        pytest.param(None, 2, "dev is not deployed; given: no stack lakewright-dev", id="not deployed"),
        pytest.param(LAKE_ROOT, 2, "does not say which code its runs are given", id="deployed by an older version"),
        pytest.param(LOST, 1, "AWS refused the code of dev, s3://assets/lost.zip; given: NoSuchKey", id="code gone"),
    ],
)
def test_what_cannot_be_told_is_said(account, outputs, code, words):
    if outputs:
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        name = Names(load_environment("dev")).stack
        boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    answer = CliRunner().invoke(root, ["plan", "--against", "dev"])
    told = " ".join((answer.stderr or str(answer.exception)).split())
    assert (code, True) == (answer.exit_code, words in told), told
