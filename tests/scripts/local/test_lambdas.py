import io
import itertools
import json
import os
import sys
import uuid
import zipfile

import pytest

from scripts.local import lambdas
from scripts.local.clients import client
from scripts.local.executions import Status
from scripts.local.streams import thread_streams

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}

HANDLER = '''
import os
import sys

AT_IMPORT = os.environ["PLACE"]
OUT = sys.stdout


class SourceUnavailableError(Exception):
    """Stands for an error of shared/errors.py."""


def handler(event, context):
    OUT.write("a line of the log\\n")
    if event.get("fail"):
        raise SourceUnavailableError("no answer")
    return {
        "event": event,
        "place": os.environ["PLACE"],
        "at_import": AT_IMPORT,
        "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        "remaining": context.get_remaining_time_in_millis(),
    }
'''


@pytest.fixture
def make_function(account, tmp_path, monkeypatch):
    """A function of the checkout, here from a folder on the path."""
    package = f"on_{uuid.uuid4().hex}"
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "handler.py").write_text(HANDLER)
    monkeypatch.syspath_prepend(tmp_path)

    def make(place, handler=None):
        archive = io.BytesIO()
        zipfile.ZipFile(archive, "w").close()
        name = f"f-{uuid.uuid4().hex}"
        role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler=handler or f"{package}.handler.handler",
            Code={"ZipFile": archive.getvalue()},
            Timeout=30,
            Environment={"Variables": {"PLACE": place}},
        )
        return name

    return make


def call(name, event):
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
    return answer, json.loads(answer["Payload"].read())


def test_a_handler_sees_its_event_environment_and_context(make_function):
    name = make_function("here")

    _, result = call(name, {"day": 1})

    assert {"day": 1} == result["event"]
    assert ("here", "here", name) == (result["place"], result["at_import"], result["name"])
    assert 0 < result["remaining"] <= 30_000


def test_the_environment_is_put_back_after_a_call(make_function):
    before = dict(os.environ)

    call(make_function("here"), {})

    assert before == dict(os.environ)


def test_every_function_imports_its_module_anew(make_function):
    """Settings are parsed once, at import: another function must not see the first one's."""
    first, second = make_function("first"), make_function("second")

    assert ["first", "second"] == [call(name, {})[1]["at_import"] for name in (first, second)]


def test_what_a_handler_prints_goes_to_its_log_and_not_to_the_terminal(make_function, capsys):
    name = make_function("here")

    with thread_streams():
        call(name, {})

    streams = client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    events = client("logs").get_log_events(
        logGroupName=f"/aws/lambda/{name}", logStreamName=streams[0]["logStreamName"]
    )["events"]
    assert ["a line of the log"] == [event["message"] for event in events]
    assert "a line of the log" not in capsys.readouterr().out


def test_an_error_carries_the_name_of_its_class(make_function):
    answer, result = call(make_function("here"), {"fail": True})

    assert "FunctionError" in answer
    assert ("SourceUnavailableError", "no answer") == (result["errorType"], result["errorMessage"])


@pytest.mark.parametrize("event", [{}, {"fail": True}], ids=["an answer", "an error"])
def test_what_takes_longer_than_its_timeout_has_failed(make_function, monkeypatch, event):
    monkeypatch.setattr(lambdas, "monotonic", itertools.count(0, 91).__next__)

    answer, result = call(make_function("here"), event)

    assert "FunctionError" in answer
    assert "Sandbox.Timedout" == result["errorType"]
    assert result["errorMessage"].endswith(" Error: Task timed out after 30.00 seconds")


def test_a_machine_retries_and_catches_by_that_name(make_function, run_machine):
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    task |= {"Arguments": {"FunctionName": make_function("here"), "Payload": {"fail": True}}}
    task |= {"Catch": [{"ErrorEquals": ["SourceUnavailableError"], "Next": "Known"}]}

    outcome = run_machine({"Call": task, "Known": {"Type": "Succeed"}})

    assert Status.SUCCEEDED == outcome.status
    assert "no answer" == json.loads(outcome.output["Cause"])["errorMessage"]


def test_a_machine_gets_the_payload_as_json(make_function, run_machine):
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    task |= {"Arguments": {"FunctionName": make_function("here"), "Payload": {"text": "{% $states.input.text %}"}}}
    task |= {"Output": "{% $states.result.Payload.event.text %}"}

    assert 'a "quoted" text' == run_machine({"Call": task}, {"text": 'a "quoted" text'}).output


def test_a_handler_that_the_checkout_lacks_says_what_to_do(make_function):
    _, result = call(make_function("here", "lambdas.on_nothing.handler.handler"), {})

    assert "TerminalError" == result["errorType"]
    assert (
        "given: lambdas.on_nothing.handler.handler; expected: lambdas.<folder>.handler.handler"
        in (result["errorMessage"])
    )


def test_powertools_takes_the_context(make_function, tmp_path):
    (package,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    (package / "handler.py").write_text(
        "from aws_lambda_powertools import Logger\n"
        "logger = Logger(service='test')\n"
        "@logger.inject_lambda_context\n"
        "def handler(event, context):\n"
        "    logger.info('called')\n"
        "    return {'ok': True}\n"
    )
    sys.modules.pop(f"{package.name}.handler", None)

    _, result = call(make_function("here"), {})

    assert {"ok": True} == result
