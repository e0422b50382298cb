"""The Redshift Data API over HTTP: accepts statements, runs each in a thread, and reports their status."""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET = "RedshiftData."
BAD_REQUEST = 400
# The rows of one answer; the service itself limits answers by bytes.
PAGE = 2
Rows = list[list[str | None]]


class Fault(Enum):
    """The faults that can be simulated. The first three affect a call, the others a statement."""

    THROTTLED = auto()
    BUSY = auto()
    DROPPED = auto()
    FAILED = auto()
    ABORTED = auto()
    HANGS = auto()


OF_STATEMENTS = {Fault.FAILED: "FAILED", Fault.ABORTED: "ABORTED", Fault.HANGS: "STARTED"}
CODES = {Fault.THROTTLED: "ThrottlingException", Fault.BUSY: "ActiveStatementsExceededException"}


@dataclass
class DataApi:
    """The service's state.

    Attributes:
        carry_out: Runs a statement and returns the number of rows of an UNLOAD, or the rows of a SELECT, with texts or
            nulls as cells; raises an error with Redshift's message.
        known: The parameters that every statement has to have.
        statements: The state of every statement, by its id.
        faults: The faults for the next calls and statements.
        arrived: The SQL of all statements, in order.
    """

    carry_out: Callable[[str], int | Rows]
    known: dict[str, str]
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    arrived: list[str] = field(default_factory=list)
    _tokens: dict[str, str] = field(default_factory=dict)
    _results: dict[str, Rows] = field(default_factory=dict)

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer one call.

        Raises:
            ApiError: the call is refused.
        """
        if operation == "ExecuteStatement":
            return self._execute(given)
        statement = self.statements.get(given["Id"])
        if statement is None:
            raise ApiError("ResourceNotFoundException", "Query does not exist.")
        if operation == "DescribeStatement":
            return statement
        if operation == "GetStatementResult":
            return self._page(given["Id"], int(given.get("NextToken") or 0))
        if operation == "CancelStatement":
            statement["Status"] = "ABORTED"
            return {"Status": True}
        raise ApiError("UnknownOperationException", operation)

    def _page(self, identifier: str, start: int) -> dict[str, Any]:
        rows = self._results[identifier]
        cells = [[{"isNull": True} if c is None else {"stringValue": c} for c in r] for r in rows[start : start + PAGE]]
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(rows) else {}
        return {"Records": cells, "TotalNumRows": len(rows), **more}

    def _execute(self, given: dict[str, Any]) -> dict[str, Any]:
        if any(given.get(name) != value for name, value in self.known.items()):
            raise ApiError("ValidationException", "Redshift endpoint doesn't exist in this region.")
        token = given.get("ClientToken") or str(uuid.uuid4())
        if token not in self._tokens:
            identifier = self._tokens[token] = str(uuid.uuid4())
            sql = given["Sql"]
            self.arrived.append(sql)
            self.statements[identifier] = {"Id": identifier, "Status": "SUBMITTED", "QueryString": sql}
            threading.Thread(target=self._run, args=(identifier,), name="statement", daemon=True).start()
        return {"Id": self._tokens[token], "Database": given["Database"]}

    def _run(self, identifier: str) -> None:
        statement = self.statements[identifier]
        if self.faults and self.faults[0] in OF_STATEMENTS:
            statement |= {"Status": OF_STATEMENTS[self.faults.popleft()], "Error": "ERROR: could not be completed"}
            return
        statement["Status"] = "STARTED"
        try:
            found = self.carry_out(statement["QueryString"])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the statement's failure
            statement |= {"Error": str(error), "Status": "FAILED"}
        else:
            has_rows = not isinstance(found, int)
            if not isinstance(found, int):
                self._results[identifier] = found
            count = found if isinstance(found, int) else len(found)
            statement |= {"ResultRows": count, "HasResultSet": has_rows, "Status": "FINISHED"}


class ApiError(Exception):
    """A refused call, with its code and message."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def serve(api: DataApi) -> ThreadingHTTPServer:
    """Bind a free port and serve from a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="Redshift Data API", daemon=True).start()
    return server


def _answered(api: DataApi, operation: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    try:
        return 200, api.answer(operation, given)
    except ApiError as error:
        return BAD_REQUEST, {"__type": error.code, "message": str(error)}


def _handler(api: DataApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fault = api.faults.popleft() if api.faults and api.faults[0] not in OF_STATEMENTS else None
            if fault is Fault.DROPPED:
                self.close_connection = True
                return
            if fault is not None:
                status, body = BAD_REQUEST, {"__type": CODES[fault], "message": "not now"}
            else:
                status, body = _answered(api, self.headers["X-Amz-Target"].removeprefix(TARGET), given)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Handler
