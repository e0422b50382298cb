"""The HTTP protocol of the Salesforce stand-in.

Sources: Salesforce's REST API Developer Guide (describe), Bulk API 2.0 and Bulk API Developer Guide (query jobs,
results, limits), and OAuth 2.0 client credentials and JWT bearer flows in Salesforce Help.
"""

from __future__ import annotations

import json
import re
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from scripts.sources.salesforce.assertion import is_good
from scripts.sources.salesforce.org import SoqlError, written
from scripts.sources.salesforce.stand_in import CLIENT_ID, STATES, QueryJob

if TYPE_CHECKING:
    from scripts.sources.salesforce.stand_in import Fault, SalesforceStandIn

TOKEN = "/services/oauth2/token"  # noqa: S105 - a path
DESCRIBE = re.compile(r"/services/data/v\d+\.0/sobjects/(\w+)/describe")
JOBS = re.compile(r"/services/data/v\d+\.0/jobs/query")
JOB = re.compile(JOBS.pattern + r"/(\w+)")
RESULTS = re.compile(JOB.pattern + r"/results")
QUERY = re.compile(r"(/services/data/v\d+\.0)/queryAll")
MORE = re.compile(r"(/services/data/v\d+\.0)/query/(\d+)-(\w+)")
JSON = "application/json"


def handler(stand_in: SalesforceStandIn) -> type[BaseHTTPRequestHandler]:
    """A handler class for one stand-in."""

    class Handler(_Handler):
        state = stand_in

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: SalesforceStandIn

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Print nothing: the terminal belongs to the command line."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        with self.state.lock:
            self.state.requests.append((self.command, parts.path))
        fault = self.state.fault(self.path)
        if fault and fault.status:
            self._refuse(fault.status, fault.code, "made up by a test")
        elif parts.path == TOKEN:
            self._log_in({k: v[0] for k, v in parse_qs(body).items()})
        elif self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.state.tokens:
            self._refuse(HTTPStatus.UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid")
        else:
            self._serve(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}, body, fault)

    def _serve(self, path: str, asked: dict[str, str], body: str, fault: Fault | None) -> None:
        try:
            if found := DESCRIBE.fullmatch(path):
                self._send({"name": found[1], "fields": self.state.org.describe(found[1])})
            elif JOBS.fullmatch(path) and self.command == "POST":
                self._make_job(json.loads(body))
            elif found := QUERY.fullmatch(path):
                self.state.queries.append(asked["q"])
                self._records(found[1], self.state.org.answer(asked["q"]), 0, secrets.token_hex(7))
            elif found := MORE.fullmatch(path):
                self._records(found[1], self.state.answers[found[3]], int(found[2]), found[3])
            elif found := RESULTS.fullmatch(path):
                self._page(self.state.jobs[found[1]], asked, fault)
            elif found := JOB.fullmatch(path):
                self.state.jobs[found[1]].is_aborted |= self.command == "PATCH"
                self._report(found[1])
            else:
                self._refuse(HTTPStatus.NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
        except SoqlError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, error.code, str(error))
        except KeyError:
            self._refuse(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such query job")

    def _log_in(self, form: dict[str, str]) -> None:
        if form.get("grant_type") == "client_credentials":
            good = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, self.state.client_secret)
        else:
            good = is_good(form.get("assertion", ""), self.state)
        if not good:
            self._send({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
            return
        token = secrets.token_urlsafe(16)
        self.state.tokens.add(token)
        self._send({"access_token": token, "instance_url": self.state.address, "token_type": "Bearer"})

    def _make_job(self, asked: dict[str, Any]) -> None:
        self.state.queries.append(asked["query"])
        object_, fields, records = self.state.org.query(asked["query"], all_rows=asked["operation"] == "queryAll")
        id_ = "750" + secrets.token_hex(7) + "A"
        self.state.jobs[id_] = QueryJob(fields, [dict(record) for record in records])
        self._send({"id": id_, "operation": asked["operation"], "object": object_, "state": STATES[0]})

    def _report(self, id_: str) -> None:
        job = self.state.jobs[id_]
        state = STATES[job.polls] if job.polls < len(STATES) else "JobComplete"
        state = "Aborted" if job.is_aborted else state
        job.polls += 1
        self._send({"id": id_, "state": state, "numberRecordsProcessed": len(job.records)})

    def _page(self, job: QueryJob, asked: dict[str, str], fault: Fault | None) -> None:
        start = int(asked.get("locator", 0))
        end = start + min(int(asked.get("maxRecords", self.state.page)), self.state.page)
        content = written(job.fields, job.records[start:end])
        headers = {
            "Sforce-Locator": str(end) if end < len(job.records) else "null",
            "Sforce-NumberOfRecords": str(len(job.records[start:end])),
        }
        self._write(content, 200, "text/csv; charset=UTF-8", headers, cut=fault is not None)

    def _records(self, root: str, records: list[dict[str, object]], start: int, id_: str) -> None:
        """Send a page of a query's records, with the address of the next page."""
        self.state.answers[id_] = records
        end = start + self.state.page
        more = {"nextRecordsUrl": f"{root}/query/{end}-{id_}"} if end < len(records) else {}
        self._send({"totalSize": len(records), "done": not more, "records": records[start:end], **more})

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._send([{"errorCode": code, "message": message}], status)

    def _send(self, content: object, status: int = 200) -> None:
        self._write(json.dumps(content).encode(), status, JSON, {})

    def _write(self, content: bytes, status: int, kind: str, headers: dict[str, str], *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = self.close_connection or cut
