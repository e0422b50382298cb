"""A schema registry on the loopback address, which answers as Confluent's does.

Source: Confluent Platform, "Schema Registry API Reference"; the errors' texts are those of its `Errors` class.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, PASSWORD = "lake", "hunter2:ä"
BY_NAME = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
TYPE = "application/vnd.schemaregistry.v1+json"
BY_ID = re.compile(r"/schemas/ids/(\d+)")
BY_VERSION = re.compile(r"/subjects/([^/]+)/versions/(\d+)\?deleted=true")
UNKNOWN = {"error_code": 40403, "message": "Schema not found"}
UNKNOWN_VERSION = {"error_code": 40402, "message": "Version not found."}
NOWHERE = {"error_code": 404, "message": "HTTP 404 Not Found"}


@dataclass
class SchemaRegistry:
    """What was registered and requested; `faults` replace the next answers.

    `accepted` is the authorization header that is required, and `told` are the headers that were received.
    """

    address: str = ""
    accepted: str = BY_NAME
    told: list[dict[str, str]] = field(default_factory=list)
    schemas: dict[int, dict[str, Any]] = field(default_factory=dict)
    versions: dict[tuple[str, int], int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    faults: list[tuple[int, bytes | dict[str, Any]]] = field(default_factory=list)

    @property
    def login(self) -> dict[str, str]:
        """The registry's address and login, in the form of a system's secret."""
        return {"url": self.address, "username": USER, "password": PASSWORD}

    def register(
        self, schema_id: int, schema: Any, kind: str = "AVRO", references: list[dict[str, Any]] | None = None
    ) -> None:
        """Register a schema, by its id and as a version of the subject `of-<id>`; for Avro the type is left out."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        told = {} if kind == "AVRO" else {"schemaType": kind}
        self.schemas[schema_id] = {"schema": text} | told | ({"references": references} if references else {})
        self.versions[f"of-{schema_id}", 1] = schema_id

    def answer(self, path: str, authorization: str | None) -> tuple[int, bytes | dict[str, Any]]:
        """The status and body of an answer."""
        self.requests.append(path)
        if self.faults:
            return self.faults.pop(0)
        if authorization != self.accepted:
            return 401, {"error_code": 401, "message": "Unauthorized"}
        if found := BY_ID.fullmatch(path):
            schema = self.schemas.get(int(found[1]))
            return (200, schema) if schema else (404, UNKNOWN)
        if found := BY_VERSION.fullmatch(path):
            subject, version = unquote(found[1]), int(found[2])
            schema_id = self.versions.get((subject, version))
            if schema_id is None:
                return 404, UNKNOWN_VERSION
            return 200, {"subject": subject, "version": version, "id": schema_id} | self.schemas[schema_id]
        return 404, NOWHERE


class SecuredServer(ThreadingHTTPServer):
    """A TLS server that completes the handshake first, and tells clients that it refuses why.

    A client sends its request before it knows whether its certificate was accepted. If the socket is closed with that
    request unread, the connection is reset, and the client may never see the reason.
    """

    def finish_request(self, request: ssl.SSLSocket, client_address: Any) -> None:
        """Answer a request if the handshake succeeded."""
        try:
            request.do_handshake()
        except ssl.SSLError:
            with socket.socket(fileno=request.detach()) as refused:
                refused.shutdown(socket.SHUT_WR)
                while refused.recv(4096):
                    pass
        else:
            super().finish_request(request, client_address)


@contextmanager
def running(registry: SchemaRegistry, port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[SchemaRegistry]:
    """Serve the registry until the block ends, on a free port unless one is given, with TLS if there is a context."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.told.append({name.lower(): value for name, value in self.headers.items()})
            status, body = registry.answer(self.path, self.headers["Authorization"])
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", TYPE)
            self.send_header("Content-Length", str(len(content)))
            if 300 <= status < 400:
                self.send_header("Location", registry.address + "/schemas/ids/7")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with (SecuredServer if context else ThreadingHTTPServer)(("127.0.0.1", port), Handler) as server:
        if context:
            # The request's own thread does the handshake, so that a failing one does not stop the others.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        registry.address = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
        try:
            yield registry
        finally:
            server.shutdown()
            thread.join()
