"""A deploy checks, asks, deploys and tests, in that order, and stops where it has to.

The CDK's command line is a program that records its arguments; tests/infra/test_deploy.py has the real one.
"""

import json
import sys

import boto3
import pytest
from click.testing import CliRunner

from scripts.cli.cdk import command as passthrough
from scripts.cli.deploy import command
from scripts.operating import deploy
from scripts.setup import paths
from shared.config import load_environment
from shared.errors import TerminalError
from shared.names import Names

RECORDER = """\
import pathlib, sys
pathlib.Path({log!r}).open("a").write(" ".join(sys.argv[1:]) + chr(10))
sys.exit(1 if sys.argv[1] == {fails!r} else 0)
"""
PROD = "--context env=prod"
DIFF, DEPLOY = f"diff {PROD}", f"deploy --require-approval never {PROD}"


@pytest.fixture
def cdk(tmp_path, monkeypatch):
    """A CDK that fails at a given command, and what it was called with."""
    log = tmp_path / "asked.txt"
    log.touch()

    def failing_at(name):
        program = tmp_path / "cdk.py"
        program.write_text(RECORDER.format(log=str(log), fails=name))
        monkeypatch.setattr(paths, "NODE", sys.executable)
        monkeypatch.setattr(paths, "CDK_CLI", program)
        return lambda: log.read_text().splitlines()

    return failing_at


def test_cdk_is_given_what_follows_and_ends_as_it_does(cdk):
    asked = cdk("diff")
    codes = [
        CliRunner().invoke(passthrough, words).exit_code for words in (["deploy", "account/*", "-c", "a=b"], ["diff"])
    ]

    assert ([0, 1], ["deploy account/* -c a=b", "diff"]) == (codes, asked())


def deployed(*words, **given):
    return CliRunner().invoke(command, ["prod", *words], **given)


def test_account_that_is_not_ready_is_left_alone(cdk, ready):
    asked = cdk(None)
    ready["Value"] = 4.0
    result = deployed("--yes")

    assert (1, []) == (result.exit_code, asked())
    assert "4 vCPUs at once, 16 needed" in result.output
    assert "nothing was deployed" in result.output


def test_difference_is_shown_and_asked_about_first(cdk, ready):
    asked = cdk(None)

    assert (1, [DIFF]) == (deployed("--no-trial-run", input="n\n").exit_code, asked())
    assert (0, [DIFF, DIFF, DEPLOY]) == (deployed("--no-trial-run", input="y\n").exit_code, asked())


@pytest.mark.parametrize(
    "fails, done, left",
    [("diff", [DIFF], "nothing was deployed"), ("deploy", [DIFF, DEPLOY], "has been rolled back")],
    ids=["the difference", "the deploy"],
)
def test_deploy_that_fails_ends_there_and_says_what_it_left(cdk, ready, fails, done, left):
    asked = cdk(fails)
    result = deployed("--yes")

    assert done == asked()
    assert isinstance(result.exception, TerminalError)
    assert f"cdk {fails} failed for prod" in str(result.exception)
    assert left in str(result.exception)


def test_daily_batch_is_tried_afterwards(cdk, ready, monkeypatch):
    asked, tried = cdk(None), []
    outputs = {"DailyBatchArn": {"Value": "arn:of-the-daily-batch"}}
    topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
    boto3.client("cloudformation").create_stack(
        StackName=Names(load_environment("prod")).stack,
        TemplateBody=json.dumps({"Resources": topic, "Outputs": outputs}),
    )
    monkeypatch.setattr(deploy, "run_to_its_end", lambda arn, **_: tried.append(arn) or ("arn:of-its-run", {}))
    result = deployed("--yes")

    assert (0, [DIFF, DEPLOY], ["arn:of-the-daily-batch"]) == (result.exit_code, asked(), tried)
    assert "tried: arn:of-its-run" in result.output
