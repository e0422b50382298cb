"""Files are served under their names, with their current content."""

import urllib.error
import urllib.request

import pytest

from scripts.sources.http_files import FileServer


@pytest.fixture
def server():
    started = FileServer()
    started.start()
    yield started
    started.stop()


def fetched(address):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
        return answer.read()


def test_a_file_is_served_as_it_is_now(server):
    server.files["a.zip"] = b"one"
    assert fetched(server.address("a.zip")) == b"one"
    server.files["a.zip"] = b"two"
    assert fetched(server.address("a.zip")) == b"two"


def test_another_name_is_not_found(server):
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        fetched(server.address("b.zip"))
    refused.value.close()


def test_a_stopped_server_answers_no_more(server):
    address = server.address("a.zip")
    server.stop()
    with pytest.raises(urllib.error.URLError, match="refused"):
        fetched(address)


def test_a_server_that_was_not_started_has_no_address():
    with pytest.raises(RuntimeError, match="not been started"):
        FileServer().address("a.zip")
