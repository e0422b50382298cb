"""Plays Snowflake on a laptop: fakesnow's server, adapted to the version 5 connector.

It runs as a process in a separate environment:

    python -m scripts.sources.fakesnow.server --socket <fd> --state <folder> [--tables <folder>] [--rows-per-chunk <n>]

`<fd>` is a listening socket that the parent has bound, so that the port is known before this process is up. The process
ends when its standard input closes: it cannot outlive the parent. Besides Snowflake's own addresses it answers
`GET /control/ready`, `POST /control/tables` (load another folder) and `POST /control/fail` (refuse the next queries).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import socket
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import fakesnow.server
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.sources.fakesnow.answers import Answers, Login, with_stage
from scripts.sources.fakesnow.databases import keep_databases
from scripts.sources.fakesnow.repairs import repair
from scripts.sources.fakesnow.snowflake_tables import load_tables
from shared.errors import TerminalError

if TYPE_CHECKING:
    from starlette.requests import Request

LOGIN = "/session/v1/login-request"
QUERY = "/queries/v1/query-request"
QUERY_LOG = "queries.sql"


class Server:
    """The routes of one running stand-in, and what they share."""

    def __init__(self, state: Path, answers: Answers, login: Login) -> None:
        self.queries = state / QUERY_LOG
        self.answers = answers
        self.login = login
        self.failures_left = 0
        self.failure_status = 503

    def application(self) -> Starlette:
        """The routes of fakesnow, with login and query answered in the form that the version 5 connector expects."""
        ours = {LOGIN: self.log_in, QUERY: self.query}
        routes = [Route(r.path, ours.get(r.path, r.endpoint), methods=r.methods) for r in fakesnow.server.routes]
        return Starlette(
            routes=[
                *routes,
                Route("/chunks/{key}", self.chunk),
                Route("/control/ready", self.ready),
                Route("/control/tables", self.load, methods=["POST"]),
                Route("/control/fail", self.fail, methods=["POST"]),
            ]
        )

    async def log_in(self, request: Request) -> Response:
        """Check user and password, which fakesnow does not, and add the fields that it leaves out."""
        body = await fakesnow_body(request)
        if not self.login.admits(body["data"]):
            return JSONResponse(self.login.refusal())
        response = await fakesnow.server.login_request(request)
        return JSONResponse(self.login.completed(json.loads(response.body)), status_code=response.status_code)

    async def query(self, request: Request) -> Response:
        """Log the statement, run it, and split a long answer into chunks."""
        if self.failures_left > 0:
            self.failures_left -= 1
            return Response(status_code=self.failure_status)
        body = await fakesnow_body(request)
        with self.queries.open("a", encoding="utf-8") as log:
            log.write(body["sqlText"].strip() + ";\n")
        response = await fakesnow.server.query_request(request)
        base = f"{request.url.scheme}://{request.url.netloc}/chunks"
        answer = with_stage(self.answers.chunked(json.loads(response.body), base))
        return JSONResponse(answer, status_code=response.status_code)

    async def chunk(self, request: Request) -> Response:
        """Return one chunk of an answer, as long as it is kept."""
        content = self.answers.chunks.get(request.path_params["key"])
        if content is None:
            return Response(status_code=403)
        return Response(content, media_type="application/octet-stream")

    async def ready(self, _: Request) -> Response:
        """Say that the tables are loaded."""
        return JSONResponse({"ready": True})

    async def load(self, request: Request) -> Response:
        """Replace the tables by those of another folder, and let the addresses of earlier answers expire."""
        self.answers.chunks.clear()
        try:
            rows = load_tables(fakesnow.server.shared_fs, Path((await request.json())["folder"]))
        except TerminalError as error:
            log_last(error)
            return Response(status_code=422)
        return JSONResponse(rows)

    async def fail(self, request: Request) -> Response:
        """Refuse the next queries with a status, as an overloaded service does."""
        asked = await request.json()
        self.failures_left, self.failure_status = asked["times"], asked["status"]
        return JSONResponse(asked)


async def fakesnow_body(request: Request) -> dict:
    """The request's JSON, which the connector may have compressed."""
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return json.loads(body)


def log_last(error: TerminalError) -> None:
    """Write an error as the last line of the log, which the parent reports."""
    sys.stderr.write(f"{error}\n")
    sys.stderr.flush()


def end_with_parent() -> None:
    """Exit as soon as the parent's end of standard input is closed."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Open the kept databases, load the tables, and serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--rows-per-chunk", type=int, default=10_000)
    arguments = parser.parse_args()
    threading.Thread(target=end_with_parent, daemon=True).start()
    # DuckDB warns about an extra copy that fakesnow makes for every answer.
    warnings.filterwarnings("ignore", category=UserWarning, module="fakesnow")
    repair()
    keep_databases(fakesnow.server.shared_fs, arguments.state / "databases")
    if arguments.tables:
        try:
            load_tables(fakesnow.server.shared_fs, arguments.tables)
        except TerminalError as error:
            log_last(error)
            os._exit(1)  # on an orderly exit, libraries would print more after the error
    login = Login(os.environ["FAKESNOW_USER"], os.environ["FAKESNOW_PASSWORD"])
    server = Server(arguments.state, Answers(arguments.rows_per_chunk), login)
    config = uvicorn.Config(server.application(), log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=arguments.socket)])


if __name__ == "__main__":
    main()
