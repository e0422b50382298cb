"""The server that plays Salesforce: OAuth, describe, and query jobs of the Bulk API 2.0 with pages."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from scripts.sources.salesforce.org import Record, SalesforceOrg

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

CLIENT_ID = "lakewright"
ROWS_PER_PAGE = 50
# What a query job answers before it is complete.
STATES = ("UploadComplete", "InProgress")


@dataclass
class Fault:
    """What the next answers to some requests are instead.

    Args:
        path: What the path of a request has to contain.
        times: How many answers.
        status: The HTTP status; 0 breaks the connection off in the middle of the right answer.
        code: Salesforce's name for the error.
    """

    path: str
    times: int
    status: int
    code: str = ""


@dataclass
class QueryJob:
    """A query that was made, its result as it was then, and how often it was asked about."""

    fields: list[str]
    records: list[Record]
    polls: int = 0
    is_aborted: bool = False


@dataclass
class SalesforceStandIn:
    """A Salesforce org on the loopback address.

    Args:
        page: The most rows a page of a result has.
        public_key: The certificate of the connected app, for the JWT flow of `username`.
    """

    page: int = ROWS_PER_PAGE
    public_key: RSAPublicKey | None = None
    username: str = "lake@example.com"
    org: SalesforceOrg = field(default_factory=SalesforceOrg)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    jobs: dict[str, QueryJob] = field(default_factory=dict)
    answers: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _server: ThreadingHTTPServer | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where the org is."""
        if self._server is None:
            raise RuntimeError("the Salesforce stand-in has not been started")
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def secret(self) -> dict[str, Any]:
        """The connection, as the source's secret holds it."""
        return {"login_url": self.address, "client_id": CLIENT_ID, "client_secret": self.client_secret}

    def start(self) -> None:
        """Bind a free port and serve from a thread."""
        from scripts.sources.salesforce.protocol import handler

        server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="salesforce", daemon=True).start()
        self._server = server

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def hold(self, objects: dict[str, list[Record]], types: dict[str, str] | None = None) -> None:
        """Let the org hold these objects from now on; results of earlier query jobs stay as they are."""
        self.org = SalesforceOrg(objects, types or {})

    def expire_tokens(self) -> None:
        """Let every token be refused from now on."""
        self.tokens.clear()

    def fault(self, path: str) -> Fault | None:
        """The fault that this request meets, used up by one."""
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.path in path:
                    fault.times -= 1
                    return fault
        return None
