"""`lake serve` answers HTTP requests as the API does: for rows, for missing ones, and for anything else."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from click.testing import CliRunner

from scripts.cli.root import root
from scripts.running.lake_lock import locked
from scripts.running.served_items import ITEMS_FILE
from scripts.setup.launch import runtime_environment
from shared.contracts import Catalog

pytestmark = pytest.mark.slow
ROW = '{"customer_id":29485,"store_name":"Zwölf\u2028","lifetime_revenue_eur":"33500.4000"}'
ETAG = f'"{hashlib.sha256(ROW.encode()).hexdigest()[:32]}"'
ROWS = {"/customers/29485": ROW, "/customers/zw%C3%B6lf%20%25": "{}", "gold.customer_360": '{"epoch":1}'}


def publish(lake, rows, version=7):
    """Write items as a run does, replacing the file in one step."""
    items = ({"path": {"S": path}, "row": {"S": row}, "version": {"N": str(version)}} for path, row in rows.items())
    (lake / "new").write_text("".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in items))
    (lake / "new").replace(lake / ITEMS_FILE)


def make_lake(place):
    (place / "runs" / "r").mkdir(parents=True)
    (place / "runs" / "r" / "run.json").write_text("{}")
    return place


@contextmanager
def serving(lake, *words):
    """Run the command in a separate process, and yield that and its port."""
    command = [sys.executable, "-P", "-m", "scripts.cli", "serve", "--root", str(lake), *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=runtime_environment(), **pipes) as process:
        try:
            address, table = process.stdout.readline().split()
            assert ("/customers/{customer_id}", "gold.customer_360") == (address[address.index("/c") :], table)
            yield process, int(address.split(":")[2].partition("/")[0])
        finally:
            process.kill()


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    place = make_lake(tmp_path_factory.mktemp("lake"))
    publish(place, ROWS)
    return place


@pytest.fixture(scope="module")
def port(lake):
    with serving(lake, "--port", "0") as (_, port):
        yield port


def ask(port, path, method="GET", **headers):
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, dict(answer.headers), answer.read().decode()


def send(port, request):
    """Send raw bytes and return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        return connection.makefile("rb").read().decode()


def test_a_row_is_given_as_it_was_published(port):
    status, headers, body = ask(port, "/customers/29485")

    assert (200, ROW) == (status, body)
    assert ("application/json", ETAG, "7") == (
        headers["content-type"],
        headers["etag"],
        headers["x-table-version"],
    )


@pytest.mark.parametrize(
    "path, body",
    [
        pytest.param("/customers/%32948%35", ROW, id="digits"),
        pytest.param("/customers/zw%C3%B6lf%20%25", "{}", id="a text"),
        pytest.param("/customers/29485?and=more", ROW, id="a query beside it"),
    ],
)
def test_an_encoded_key_is_found(port, path, body):
    assert (200, body) == ask(port, path)[::2]


def test_who_has_the_row_is_not_given_it_again(port):
    status, headers, body = ask(port, "/customers/29485", If_None_Match=ETAG)

    assert (304, ETAG, "") == (status, headers["etag"], body)


def test_the_address_alone_lists_what_can_be_asked_for(port):
    [collection] = json.loads(ask(port, "/")[2])

    assert ("/customers/{customer_id}", "gold.customer_360") == (collection["path"], collection["table"])
    assert collection["description"].startswith("All there is to say of a customer")


@pytest.mark.parametrize(
    "path",
    [
        "/customers/1",
        "/customers",
        "/customers/29485/",
        "/gold.customer_360",
        "/%67old.customer_360",
        "gold.customer_360",
        "//customers//29485",
        "/../",
        "/customers/../customers/29485",
        "/customers/%00",
        "/customers/%",
        "/customers/%zz",
        "/customers/%ff%fe",
        "/customers%2",
        "/customers/" + "9" * 10_000,
        "/customers/" + "%F0%9F%90%9F" * 1_000,
        "http://127.0.0.1/customers/29485",
        "*",
    ],
)
def test_a_path_of_no_row_is_not_there(port, path):
    status, headers, body = ask(port, path)

    assert (404, "application/json") == (status, headers["content-type"])
    assert json.loads(body)["message"].startswith("there is no row at ")


@pytest.mark.parametrize("host, status", [("localhost:1", 200), ("127.0.0.1", 200), ("rows.example", 403)])
def test_a_page_whose_name_leads_here_is_given_nothing(port, host, status):
    assert status == ask(port, "/customers/29485", Host=host)[0]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "LOOK"])
def test_only_get_finds_a_route(port, method):
    assert (404, "" if method == "HEAD" else '{"message":"Not Found"}') == ask(port, "/customers/29485", method)[::2]


@pytest.mark.parametrize(
    "line, said",
    [
        pytest.param(b"GET /customers/\x00 HTTP/1.1", "there is no row at /customers/%00", id="NUL"),
        pytest.param(
            b"GET /customers/\xff\xfe HTTP/1.1", "there is no row at /customers/", id="bytes that are no text"
        ),
        pytest.param(b"GET /customers/29485 and HTTP/1.1", "Bad Request", id="too many words"),
        pytest.param(b"GET", "Bad Request", id="one word"),
        pytest.param(b"\x16\x03\x01\x02 TLS", "Bad Request", id="another protocol"),
        pytest.param(b"GET /" + b"a" * 70_000 + b" HTTP/1.1", "Bad Request", id="a line without end"),
    ],
)
def test_what_is_no_request_is_refused_and_nothing_breaks(port, line, said):
    assert f'"{said}' in send(port, line + b"\r\nHost: localhost\r\n\r\n").replace('": "', '":"')
    assert 200 == ask(port, "/customers/29485")[0]


def test_rows_that_a_run_publishes_are_given_out_at_once_and_the_lake_is_free_meanwhile(tmp_path):
    lake = make_lake(tmp_path)
    publish(lake, ROWS)
    with locked(lake), serving(lake, "--port", "0") as (process, port):
        before = ask(port, "/customers/29485")[::2]
        publish(lake, {"/customers/1": '{"customer_id":1}'}, version=8)
        after, gone = ask(port, "/customers/1"), ask(port, "/customers/29485")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)

        assert (200, ROW) == before
        assert (200, "8", '{"customer_id":1}', 404) == (after[0], after[1]["x-table-version"], after[2], gone[0])
        assert (0, "") == (process.returncode, said)


def test_where_no_contract_is_served_there_is_no_api(lake, monkeypatch):
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: Catalog({}))
    answer = CliRunner().invoke(root, ["serve", "--root", str(lake), "--port", "0"])

    assert (2, True) == (answer.exit_code, "no contract has its rows served" in answer.stderr)


def test_a_port_that_is_taken_and_a_lake_that_is_not_there_are_refused(lake, port, tmp_path):
    for words, said in (
        (["--root", str(lake), "--port", str(port)], "another program has the port"),
        (["--root", str(tmp_path / "nowhere")], "there is no lake"),
        (["--root", "s3://lake"], "given out by its API"),
    ):
        answer = CliRunner().invoke(root, ["serve", *words])

        assert (2, True) == (answer.exit_code, said in answer.stderr)
