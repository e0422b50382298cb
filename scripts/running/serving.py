"""The API on this computer: passes HTTP requests to the same function that answers API Gateway's on AWS."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from scripts.local.account import HOST, LocalAccount, variables
from scripts.local.clients import client
from scripts.running.item_tables import ENVIRONMENT, make_item_tables
from scripts.running.served_items import ITEMS_FILE, load_served
from shared.names import Variable
from shared.serving import served_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from shared.contracts import Catalog

# API Gateway's answer to a request that matches none of its routes.
NO_ROUTE = {"statusCode": HTTPStatus.NOT_FOUND, "headers": {}, "body": '{"message":"Not Found"}'}
FORBIDDEN = {"statusCode": HTTPStatus.FORBIDDEN, "headers": {}, "body": '{"message":"Forbidden"}'}
# Requests for other host names are refused: a web page could let its own name resolve to this computer and so read
# what is served here.
OUR_NAMES = frozenset({"", HOST, "localhost"})
IDLE_SECONDS = 10


@dataclass(frozen=True)
class Context:
    """The context object of a call, with the attributes that are read."""

    function_name: str = "on_row_requested"
    function_version: str = "$LATEST"
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:on_row_requested"
    memory_limit_in_mb: str = "256"
    aws_request_id: str = "local"


class LakeApi:
    """Answers the API's requests from the rows that a lake in a folder published last.

    It works inside a LocalAccount and answers one request at a time. `items` is the number of published rows.
    """

    def __init__(self, root: Path, catalog: Catalog) -> None:
        # The module creates its logger when it is imported, from variables that must be set by then.
        from lambdas.on_row_requested.handler import handler, served_rows

        served_rows.cache_clear()
        self._handler, self._root, self._catalog = handler, root, catalog
        self._lock, self._seen, self.items = Lock(), 0, 0
        make_item_tables(client("dynamodb"))
        self._refresh()

    def get(self, target: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """Answer a GET with status, headers and body, in the form in which a function answers API Gateway."""
        if target == "/":
            return {"statusCode": HTTPStatus.OK, "headers": {}, "body": json.dumps(self.collections())}
        with self._lock:
            self._refresh()
            answer: dict[str, Any] = self._handler(event(target, headers), Context())
        return answer

    def collections(self) -> list[dict[str, str]]:
        """The tables that can be requested, from the contracts; on AWS the API does not list them."""
        return [
            {"path": str(table.served_at), "table": str(table.name), "description": table.description}
            for table in self._catalog.served
        ]

    def _refresh(self) -> None:
        """Reload the rows if a run has published some, or an erasure has removed some, since the last request."""
        file = self._root / ITEMS_FILE
        written = file.stat().st_mtime_ns if file.exists() else 0
        if written != self._seen:
            self._seen, self.items = written, load_served(self._root)


def event(target: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The event that API Gateway's HTTP API sends to a function for a GET (payload format 2.0), as far as it is read.

    As in the gateway, the path is decoded, and then ends at the first question mark.
    """
    raw, _, query = target.partition("?")
    path = unquote(raw).partition("?")[0]
    return {
        "version": "2.0",
        "routeKey": "GET /{proxy+}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {"http": {"method": "GET", "path": path}, "requestId": "local", "stage": "$default"},
        "isBase64Encoded": False,
    }


class Requests(BaseHTTPRequestHandler):
    """Handles one connection; everything but a GET gets the answer for a missing route."""

    server: ApiServer
    timeout = IDLE_SECONDS
    error_content_type = "application/json"
    error_message_format = '{"message":"Bad Request"}'

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return the method that answers an HTTP verb, which the base class looks up by name."""
        if name == "do_GET":
            return self._get
        if name.startswith("do_"):
            return lambda: self._say(NO_ROUTE)
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Print no line for each request: a path may name a person."""

    def _get(self) -> None:
        is_ours = self.headers.get("host", "").partition(":")[0] in OUR_NAMES
        self._say(self.server.api.get(self.path, self.headers) if is_ours else FORBIDDEN)

    def _say(self, answer: Mapping[str, Any]) -> None:
        body = answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in ({"content-type": "application/json"} | answer["headers"]).items():
            self.send_header(name, value)
        if answer["statusCode"] != HTTPStatus.NOT_MODIFIED:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class ApiServer(ThreadingHTTPServer):
    """Serves one API on the loopback address."""

    def __init__(self, api: LakeApi, port: int) -> None:
        self.api = api
        super().__init__((HOST, port), Requests)

    def server_bind(self) -> None:
        """Bind the port without a DNS lookup of this computer's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{HOST}:{self.server_port}"


@contextmanager
def serving(root: Path, catalog: Catalog, port: int) -> Iterator[ApiServer]:
    """Yield a server for the rows of a lake in a folder; it serves once its `serve_forever` is called.

    Args:
        root: The lake. It is not locked: a run may be working on it.
        catalog: The contracts.
        port: The port on the loopback address; 0 takes a free one.

    Raises:
        OSError: another program has the port.
    """
    settings = {Variable.SERVED_TABLE.value: served_table(ENVIRONMENT), "POWERTOOLS_LOG_LEVEL": "WARNING"}
    with LocalAccount(port=None), variables(settings), ApiServer(LakeApi(root, catalog), port) as server:
        yield server
