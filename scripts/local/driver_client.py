"""The parent's side of the warm Spark driver: a JobRunner that starts it, sends it job runs, replaces it if it dies."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from scripts.local.job_runs import TAIL_CHARACTERS, JobResult, JobRun
from scripts.local.processes import end_group, end_tree
from shared.errors import TerminalError

REPOSITORY = Path(__file__).resolve().parents[2]


def python_path() -> str:
    """The PYTHONPATH with this repository in front of what it already has."""
    return os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))


# On EMR these point into the image and the archive; here they stay as they are for this interpreter and checkout.
_OF_THE_IMAGE = frozenset({"JAVA_HOME", "PYSPARK_DRIVER_PYTHON", "PYSPARK_PYTHON", "PYTHONPATH"})
_PATIENCE_SECONDS = 5.0
_KILLED = 137


@dataclass(frozen=True)
class DriverSettings:
    """What the driver's session is built from.

    Attributes:
        logs: The folder for log files.
        jars: The jars of the session.
        confs: Spark's settings for this machine: master, memory, partitions.
        app_name: The session's name.
        environment: Variables added to the process's own.
        command: The command that starts the driver.
    """

    logs: Path
    jars: list[Path] = field(default_factory=list)
    confs: dict[str, str] = field(default_factory=dict)
    app_name: str = "lakewright-local"
    environment: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = (sys.executable, "-m", "scripts.local.spark_driver")


class SparkDriver:
    """One warm driver process, which is replaced whenever it has died.

    Args:
        settings: What the session is built from, and where logs go: everything to `driver.log`, and the part of one
            job run to `<job run>.log`.
    """

    parallel = 1

    def __init__(self, settings: DriverSettings) -> None:
        self.settings = settings
        self._log = settings.logs / "driver.log"
        self._process: subprocess.Popen[str] | None = None
        self._is_ready = False
        self._running = threading.Lock()
        self._changing = threading.RLock()
        self._current: str | None = None
        self._cancelled: set[str] = set()
        self._is_stopped = False

    def __enter__(self) -> Self:
        """Start the driver."""
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop the driver."""
        self.stop()

    def start(self) -> None:
        """Start the driver and return at once; it boots while other work goes on.

        Raises:
            TerminalError: it was stopped before.
        """
        with self._changing:
            if self._is_stopped:
                raise TerminalError("the Spark driver was stopped", mend="make a new SparkDriver")
            if self._process is not None and self._process.poll() is None:
                return
            self.settings.logs.mkdir(parents=True, exist_ok=True)
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self.settings.command,
                    cwd=REPOSITORY,
                    env=self._environment(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    start_new_session=True,
                )
            atexit.register(self.stop)
            threading.Thread(target=_clear_up, args=(self._process,), name="driver-end", daemon=True).start()
            self._is_ready = False
            given = {"app_name": self.settings.app_name, "confs": self.settings.confs}
            self._send({**given, "jars": [str(jar) for jar in self.settings.jars]})

    def ready(self) -> None:
        """Wait until the session is built.

        Raises:
            TerminalError: the driver died before that.
        """
        with self._running:
            self._await_ready()

    def run(self, job_run: JobRun) -> JobResult:
        """Serve one job run, in a fresh driver if the last one has died."""
        with self._running:
            self._current = job_run.id
            try:
                return self._serve(job_run)
            finally:
                self._current = None

    def cancel(self, job_run_id: str) -> None:
        """Cancel a job run: end the driver that works on it; the next job run starts a fresh one."""
        with self._changing:
            self._cancelled.add(job_run_id)
            if self._current == job_run_id:
                self._end(patience=0)

    def stop(self) -> None:
        """End the driver, the JVM and all their child processes, for good."""
        with self._changing:
            self._is_stopped = True
            self._end(patience=_PATIENCE_SECONDS)
        atexit.unregister(self.stop)

    def _serve(self, job_run: JobRun) -> JobResult:
        log = self.settings.logs / f"{job_run.id}.log"
        start = self._log.stat().st_size if self._log.exists() else 0
        try:
            self._await_ready()
            with self._changing:
                if job_run.id in self._cancelled:
                    return JobResult(_KILLED, "cancelled before it began")
                self._send({"id": job_run.id, "args": job_run.arguments, "env": _environment_of(job_run)})
            answer = self._receive()
        except TerminalError as error:
            return JobResult(1, str(error))
        part = self._part(start)
        log.write_bytes(part)
        tail = part.decode(errors="replace")[-TAIL_CHARACTERS:].strip()
        if answer is None:
            return JobResult(_KILLED, f"{tail}\nthe Spark driver died during the job run; whole log: {log}")
        if answer.get("ends"):
            with self._changing:
                self._end(patience=0)
        return JobResult(answer["exit_code"], f"{tail}\n{answer['error']}".strip())

    def _await_ready(self) -> None:
        with self._changing:
            self.start()
            if self._is_ready:
                return
            start = self._log.stat().st_size
        if self._receive() is None:
            raise TerminalError(
                "the Spark driver ended before its session was built",
                given=self._part(max(0, start - TAIL_CHARACTERS)).decode(errors="replace")[-TAIL_CHARACTERS:].strip(),
                expected="a Java 17 or 21 and the jars of the session",
                mend=f"read {self._log}; remove .cache/setup.json, and the next ./lake brings what is missing",
            )
        self._is_ready = True

    def _environment(self) -> dict[str, str]:
        """The driver process's environment; Spark's Python workers inherit interpreter and checkout from it."""
        path = python_path()
        own = {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **own, **self.settings.environment}

    def _send(self, message: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        except OSError:
            # It has died meanwhile, which the missing answer will show.
            return

    def _receive(self) -> dict[str, Any] | None:
        """The next answer, or None if the driver has ended."""
        process, line = self._process, ""
        if process is not None and process.stdout is not None:
            with contextlib.suppress(ValueError):  # closed by another thread, which has ended the process
                line = process.stdout.readline()
        if line:
            return json.loads(line)
        with self._changing:
            if process is self._process:
                self._end(patience=0)
        return None

    def _end(self, *, patience: float) -> None:
        process, self._process, self._is_ready = self._process, None, False
        if process is not None:
            end_tree(process, patience=patience)

    def _part(self, start: int) -> bytes:
        with self._log.open("rb") as log:
            log.seek(start)
            return log.read()


def _environment_of(job_run: JobRun) -> dict[str, str]:
    """A job run's variables, and those of the account, which may have been opened after the driver was started."""
    account = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("AWS_") and not name.startswith("AWS_LAMBDA_")
    }
    return account | {name: value for name, value in job_run.environment.items() if name not in _OF_THE_IMAGE}


def _clear_up(process: subprocess.Popen[str]) -> None:
    """Wait until the driver ends, then end what it has started, which may hold the pipe for the answers open."""
    process.wait()
    end_group(process.pid)
