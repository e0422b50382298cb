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
# The states that a query job reports before it is complete.
STATES = ("UploadComplete", "InProgress")


@dataclass
class Fault:
    """A fault that replaces the next answers to some requests.

    Args:
        path: The text that the path of a request has to contain.
        times: The number of answers.
        status: The HTTP status; 0 breaks the connection off in the middle of the right answer.
        code: Salesforce's name for the error.
    """

    path: str
    times: int
    status: int
    code: str = ""


@dataclass
class QueryJob:
    """A query job, with its result at the time of the query and how often its state was requested."""

    fields: list[str]
    records: list[Record]
    polls: int = 0
    is_aborted: bool = False


@dataclass
class SalesforceStandIn:
    """A Salesforce org on the loopback address.

    Args:
        page: The maximum number of rows on a page of a result.
        public_key: The public key of the connected app, for the JWT flow of `username`.
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
        """The address of the org."""
        if self._server is None:
            raise RuntimeError("the Salesforce stand-in has not been started")
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def secret(self) -> dict[str, Any]:
        """The connection, in the form of the source's secret."""
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
        """Replace the org's objects by these; results of earlier query jobs stay as they are."""
        self.org = SalesforceOrg(objects, types or {})

    def expire_tokens(self) -> None:
        """Invalidate all tokens given out so far."""
        self.tokens.clear()

    def fault(self, path: str) -> Fault | None:
        """The fault for a request, which is used up by one; None if there is none."""
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.path in path:
                    fault.times -= 1
                    return fault
        return None
