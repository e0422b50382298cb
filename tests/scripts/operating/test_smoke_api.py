"""The API is called with real requests, whose signatures the stand-in for API Gateway checks."""

import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.sts.models import sts_backends

from scripts.operating.lent_role import as_role
from scripts.operating.smoke_api import Api, doors
from shared.config import load_environment
from shared.contracts import load_catalog
from shared.governance.environments import governance_of
from shared.names import Names
from shared.smoke import PointStatus

PROD = load_environment("prod")
READERS = {"analyst", "sales"}
PATH = "/customers/0"


def signer(request):
    """The role whose key has signed a request, as IAM would find; none for a wrong signature or another key."""
    given = request.headers.get("authorization", "")
    lent = [role for backends in sts_backends.values() for role in backends["aws"].assumed_roles]
    for role in lent:
        if f"Credential={role.access_key_id}/" not in given:
            continue
        keys = Credentials(role.access_key_id, role.secret_access_key, role.session_token)
        signed = AWSRequest(method="GET", url=f"http://{request.headers['host']}{request.path}")
        signed.headers["X-Amz-Date"] = request.headers["x-amz-date"]
        signed.headers["X-Amz-Security-Token"] = request.headers["x-amz-security-token"]
        signed.context["timestamp"] = request.headers["x-amz-date"]
        auth = SigV4Auth(keys, "execute-api", "us-east-1")
        expected = auth.signature(auth.string_to_sign(signed, auth.canonical_request(signed)), signed)
        return role.role_arn.rpartition("/")[2] if given.endswith(f"Signature={expected}") else None
    return None


@pytest.fixture
def gateway(aws):
    """A stand-in for API Gateway that admits given roles, and has no row with the requested key."""
    for role in governance_of(PROD).roles:
        boto3.client("iam").create_role(RoleName=Names(PROD).reader_role(role), AssumeRolePolicyDocument="{}")
    let_in = {Names(PROD).reader_role(role) for role in READERS}

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404 if signer(self) in let_in else 403)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", let_in
    server.shutdown()
    server.server_close()


def asked(url):
    return {p.point: p.status for p in doors(PROD, load_catalog(), Api(url).ask)}


@pytest.mark.examples
def test_readers_are_let_in_and_nobody_else(gateway):
    url, _ = gateway

    assert {
        f"nobody may not ask the API for {PATH}",
        *(f"{role} may ask the API for {PATH}" for role in READERS),
        *(f"{role} may not ask the API for {PATH}" for role in set(governance_of(PROD).roles) - READERS),
    } == set(asked(url))
    assert {PointStatus.OK} == set(asked(url).values())


@pytest.mark.examples
def test_a_door_that_is_open_and_one_that_is_closed_are_found(gateway):
    url, let_in = gateway
    let_in ^= {Names(PROD).reader_role("sales"), Names(PROD).reader_role("finance"), None}
    failed = [point for point in doors(PROD, load_catalog(), Api(url).ask) if point.status is PointStatus.FAILED]

    assert [
        (f"nobody may not ask the API for {PATH}", "404 Not Found"),
        (f"finance may not ask the API for {PATH}", "404 Not Found"),
        (f"sales may ask the API for {PATH}", "403 Forbidden"),
    ] == [(point.point, point.found) for point in failed]
    assert all(point.mend for point in failed)


@pytest.mark.parametrize(
    "url, said",
    [
        pytest.param(None, "no output ApiUrl", id="not deployed"),
        pytest.param("http://127.0.0.1:9", "refused", id="nobody answers"),
    ],
)
def test_an_api_that_is_not_there_is_told_and_breaks_nothing(gateway, url, said):
    points = list(doors(PROD, load_catalog(), Api(url).ask))

    assert {PointStatus.FAILED} == {point.status for point in points}
    assert all(said in point.found and point.mend for point in points)


def test_the_stand_in_finds_a_request_that_is_signed_for_another_path(gateway):
    url, _ = gateway
    session, signed = as_role(Names(PROD).reader_role("sales")), AWSRequest(method="GET", url=f"{url}{PATH}")
    SigV4Auth(session.get_credentials(), "execute-api", session.region_name).add_auth(signed)

    for path, status in ((PATH, 404), ("/customers/1", 403)):
        connection = HTTPConnection(url.removeprefix("http://"))
        connection.request("GET", path, headers=dict(signed.headers.items()))
        assert status == connection.getresponse().status
