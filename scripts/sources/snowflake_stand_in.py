"""The stand-in for Snowflake: starts, fills and stops its process, and reads its statements."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

from scripts.local.processes import end_by_its_input
from scripts.setup.paths import FAKESNOW_PYTHON, ROOT
from shared.errors import TerminalError

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "scripts.sources.fakesnow.server"
ACCOUNT = "laptop"
USER = "LAKEWRIGHT"
READY_SECONDS = 90
STOP_SECONDS = 5
PAUSE_SECONDS = 0.05
BACKLOG = 128

# Without a proxy: a company's proxy cannot reach this machine's loopback address.
LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SnowflakeStandIn:
    """fakesnow in a separate process and environment.

    Args:
        folder: The folder for its tables, its log, its statements and the databases that jobs write to.
        is_source: Whether it has the source's tables, too.
    """

    def __init__(self, folder: Path, *, is_source: bool = True) -> None:
        self.folder, self._is_source = folder, is_source
        self.tables = folder / "tables"
        self.port = 0
        self._password = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def secret(self) -> dict[str, Any]:
        """The connection, in the form of the source's secret."""
        return {
            "account": ACCOUNT,
            "user": USER,
            "password": self._password,
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
        }

    @property
    def queries(self) -> list[str]:
        """The statements that have arrived since the start, in order."""
        log = self.folder / "queries.sql"
        return [q.strip() for q in log.read_text(encoding="utf-8").split(";\n") if q.strip()] if log.exists() else []

    def start(self) -> None:
        """Start the process and return at once; the port is open already, so clients wait until it answers."""
        if not FAKESNOW_PYTHON.exists():
            raise TerminalError(
                "the stand-in for Snowflake has no environment",
                expected=str(FAKESNOW_PYTHON),
                mend="run ./lake once; it sets itself up",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "queries.sql").unlink(missing_ok=True)
        with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listening:
            self.port = listening.getsockname()[1]
            self._process = self._launch(listening.fileno())

    def _launch(self, listening: int) -> subprocess.Popen[bytes]:
        command = [str(FAKESNOW_PYTHON), "-m", SERVER, "--socket", str(listening)]
        command += ["--state", str(self.folder), *(["--tables", str(self.tables)] if self._is_source else [])]
        own = {"FAKESNOW_USER": USER, "FAKESNOW_PASSWORD": self._password, "PYTHONPATH": str(ROOT)}
        with (self.folder / "server.log").open("wb") as log:
            return subprocess.Popen(
                command,
                env=os.environ | own,
                pass_fds=(listening,),
                stdin=subprocess.PIPE,  # when it ends, the process knows that we are gone
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us to handle; the tables stay until we stop
            )

    def ready(self) -> None:
        """Wait until the tables are loaded.

        Raises:
            TerminalError: the process has ended, or took too long.
        """
        self._control("ready")

    def load(self) -> None:
        """Replace the tables by those that are now in the folder.

        Raises:
            TerminalError: a file of the folder cannot be loaded.
        """
        self._control("tables", {"folder": str(self.tables)})

    def refuse(self, times: int, status: int) -> None:
        """Answer the next queries with an HTTP error status, as an overloaded service does."""
        self._control("fail", {"times": times, "status": status})

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            end_by_its_input(process, patience=STOP_SECONDS)

    def _control(self, what: str, body: dict[str, Any] | None = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/control/{what}", data)
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                with LOOPBACK.open(request, timeout=READY_SECONDS):
                    return
            except OSError as error:
                is_refused = isinstance(error, HTTPError)
                has_ended = self._process is None or self._process.poll() is not None
                if is_refused or has_ended or time.monotonic() > deadline:
                    raise self._failure(what) from error
                time.sleep(PAUSE_SECONDS)

    def _failure(self, what: str) -> TerminalError:
        log = self.folder / "server.log"
        last = log.read_text(errors="replace").splitlines()[-1:] if log.exists() else []
        return TerminalError(
            f"the stand-in for Snowflake did not answer to `{what}`",
            given="; ".join(last),
            mend=f"see {log}",
        )
