import json
import os
import subprocess
import sys

import boto3
import pytest
from moto import mock_aws

from scripts.local import executions, patches
from scripts.local.account import LocalAccount
from scripts.local.clients import _client, client
from shared.errors import TerminalError

SAY = json.dumps({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": "said", "End": True}}})
SOME = "example.com"
OTHER_PROCESS = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"


def test_another_process_reaches_the_account_by_its_environment():
    with LocalAccount() as account:
        client("s3").create_bucket(Bucket="lake")
        environment = {**os.environ, **account.environment}
        answer = subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS], env=environment, capture_output=True, text=True, check=True
        )

    assert "['lake']" == answer.stdout.strip()


NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"http_proxy": NOWHERE}, id="a proxy"),
        pytest.param({"http_proxy": NOWHERE, "NO_PROXY": "example.com"}, id="a proxy but for some"),
        pytest.param({"http_proxy": NOWHERE, "no_proxy": "*"}, id="a proxy for nobody"),
        pytest.param({"http_proxy": NOWHERE, "no_proxy": "a.b", "NO_PROXY": "c.d, example.com"}, id="two lists"),
        pytest.param({"AWS_ENDPOINT_URL_S3": NOWHERE}, id="an endpoint of one service"),
        pytest.param({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, id="no endpoints"),
        pytest.param({"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"}, id="endpoints of a kind"),
    ],
)
def test_another_process_reaches_the_account_whatever_the_user_has_set(monkeypatch, settings):
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with LocalAccount():
        _client.cache_clear()
        assert "https://sqs.us-east-1.amazonaws.com" == client("sqs").meta.endpoint_url
        client("sqs").create_queue(QueueName="q")
        command = [
            sys.executable,
            "-c",
            f"import urllib.request as u; {OTHER_PROCESS}; print(u.proxy_bypass('{SOME}'))",
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)

    expected = any(host.strip() in {SOME, "*"} for value in settings.values() for host in value.split(","))
    assert ["[]", str(expected)] == answer.stdout.splitlines()
    assert before == dict(os.environ)


def test_the_environment_is_set_and_put_back(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "my-company")
    before = dict(os.environ)

    with LocalAccount(port=None):
        assert "AWS_PROFILE" not in os.environ
        assert ("local", "us-east-1") == (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_REGION"])

    assert before == dict(os.environ)


def test_every_account_begins_empty():
    for _ in range(2):
        with LocalAccount(port=None):
            assert [] == client("s3").list_buckets()["Buckets"]
            client("s3").create_bucket(Bucket="lake")


def test_there_is_one_account_at_a_time():
    with LocalAccount(port=None), pytest.raises(TerminalError, match="another local account is open"):
        LocalAccount(port=None).__enter__()


def test_a_call_outside_of_an_account_does_not_leave_this_machine():
    with pytest.raises(TerminalError, match="a call to s3 was about to leave this machine"):
        client("s3")


@mock_aws
def test_the_patches_serve_under_mock_aws_too():
    patches.install()
    service = boto3.client("stepfunctions", region_name="us-east-1")
    role = "arn:aws:iam::123456789012:role/machine"
    machine = service.create_state_machine(name="say", definition=SAY, roleArn=role)["stateMachineArn"]

    execution = service.start_execution(stateMachineArn=machine)["executionArn"]

    from scripts.local.executions import wait

    assert "said" == wait(execution).output


def test_closing_the_account_cancels_what_still_runs(runner):
    """It has its own account, since it tests the closing."""
    import threading

    from scripts.local.job_runs import JobResult

    started = threading.Event()

    def answer(_run):
        started.set()
        runner.released.wait(10)
        return JobResult(1)

    runner.answer = answer
    with LocalAccount(runner, port=None):
        application = client("emr-serverless").create_application(
            name="batch", releaseLabel="emr-spark-8.1.0", type="SPARK", clientToken="a"
        )["applicationId"]
        run = client("emr-serverless").start_job_run(
            applicationId=application,
            clientToken="a",
            executionRoleArn="arn:aws:iam::123456789012:role/jobs",
            jobDriver={"sparkSubmit": {"entryPoint": "e"}},
        )["jobRunId"]
        started.wait(10)

    assert [run] == runner.cancelled


def test_closing_the_account_stops_its_executions(monkeypatch):
    stopped = []
    monkeypatch.setattr(executions, "stop_all", stopped.append)

    with LocalAccount(port=None):
        pass

    assert ["the account was closed"] == stopped
