"""A file is fetched whole, in spite of passing trouble, or not at all."""

import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jobs.ingest import http_retry
from jobs.ingest.files import download
from jobs.ingest.files.download import downloaded
from shared.errors import SourceContentError, SourceUnavailableError

CONTENT = b"id,name\n1,a\n" * 1000


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(http_retry, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(download, "READ_TIMEOUT_SECONDS", 0.2)


@contextmanager
def server(*answers):
    """Serve the answers in turn, the last one for ever: a status, or `half`, `silence` or `whole`."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer = answers[min(len(seen), len(answers) - 1)]
            seen.append(self.path)
            if isinstance(answer, int):
                self.send_error(answer)
                return
            if answer == "silence":
                threading.Event().wait(1)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT if answer == "whole" else CONTENT[:100])

        def log_message(self, *_):
            pass

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}/rates.zip", seen
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(["whole"], id="at once"),
        pytest.param([503, 429, "whole"], id="after refusals"),
        pytest.param(["half", "whole"], id="after a broken answer"),
        pytest.param(["silence", "whole"], id="after silence"),
    ],
)
def test_a_file_is_fetched_whole(answers):
    with server(*answers) as (address, seen), downloaded(address, "ecb") as file:
        digest = hashlib.sha256(CONTENT).hexdigest()
        assert (CONTENT, digest, f"{digest}.zip") == (file.path.read_bytes(), file.sha256, file.name)
        assert len(answers) == len(seen)
    assert not file.path.exists()


@pytest.mark.parametrize("answer", [pytest.param(503, id="refusal"), pytest.param("half", id="broken answer")])
def test_a_source_that_stays_in_trouble_is_given_up(answer):
    with (
        server(answer) as (address, seen),
        pytest.raises(SourceUnavailableError, match=r"bronze\.ecb, http:.*: no whole answer.*, 5 times"),
        downloaded(f"{address}?key=canary", "bronze.ecb"),
    ):
        pass
    assert len(seen) == 5


def test_a_closed_port_is_a_source_that_is_not_there():
    with (
        pytest.raises(
            SourceUnavailableError,
            match=r"ecb, http://127\.0\.0\.1:1/x\.csv: no whole answer; given: Connection refused",
        ) as refused,
        downloaded("http://127.0.0.1:1/x.csv?key=canary", "ecb"),
    ):
        pass
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("status", [pytest.param(404, id="not found"), pytest.param(403, id="forbidden")])
def test_a_wrong_address_is_not_tried_again(status):
    with (
        server(status) as (address, seen),
        pytest.raises(SourceContentError, match=f"ecb: the address does not give the file; given: status {status}"),
        downloaded(address, "ecb"),
    ):
        pass
    assert len(seen) == 1


def test_only_web_addresses_are_fetched():
    with pytest.raises(SourceContentError, match="not a web address"), downloaded("file:///etc/passwd", "ecb"):
        pass


@pytest.mark.parametrize(
    "path, suffix",
    [
        pytest.param("a.csv", ".csv", id="csv"),
        pytest.param("a.csv.gz", ".csv.gz", id="gz"),
        pytest.param("a.zip", ".zip", id="zip"),
        pytest.param("export", ".csv", id="none"),
    ],
)
def test_the_name_of_a_kept_file_tells_how_it_is_packed(path, suffix, tmp_path):
    assert f"hash{suffix}" == download.Download(tmp_path / path, "hash", 1).name
