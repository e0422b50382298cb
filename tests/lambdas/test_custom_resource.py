"""CloudFormation gets an answer whatever happens: it would wait an hour for a missing one."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from lambdas.custom_resource import answer


@contextmanager
def cloudformation():
    """An address that takes answers, and the answers it got."""
    told = []

    class Answers(BaseHTTPRequestHandler):
        def do_PUT(self):
            told.append(
                (self.headers["Content-Type"], json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()
        thread.join()


def request(address, kind):
    return {
        "RequestType": kind,
        "ResponseURL": address,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Access",
        "ResourceProperties": {"wanted": "1"},
    }


SAME = {"PhysicalResourceId": "name", "StackId": "stack", "RequestId": "request", "LogicalResourceId": "Access"}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_success_is_reported_with_its_attributes(kind):
    with cloudformation() as (address, told):
        answer(request(address, kind), "name", lambda properties: {"Seen": properties["wanted"]})

    assert [("", {**SAME, "Status": "SUCCESS", "Data": {"Seen": "1"}})] == told


def test_failure_is_reported_and_raised():
    def fails(_):
        raise RuntimeError("no" * 5000)

    with cloudformation() as (address, told), pytest.raises(RuntimeError):
        answer(request(address, "Create"), "name", fails)

    ((_, said),) = told
    assert ("FAILED", 2000) == (said["Status"], len(said["Reason"]))


def test_deletion_does_nothing_and_succeeds():
    with cloudformation() as (address, told):
        answer(request(address, "Delete"), "name", lambda _: pytest.fail("nothing is to be done"))

    assert "SUCCESS" == told[0][1]["Status"]
