"""The warm Spark driver: a process that builds one session and serves one job run after another.

Standard input brings JSON lines: first the settings `{app_name, jars, confs}`, then one line per job run
`{id, args, env}`. Standard output takes one line back for each: `{ready: true}`, then `{id, exit_code, error, ends}`.
Everything that is printed, by Python or by the JVM, goes to standard error, which the parent has opened as a file.
When standard input ends, the process ends, whatever it is doing: its parent is gone.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from py4j.protocol import Py4JError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def main() -> None:
    """Serve until standard input ends."""
    answers = _own_output()
    requests = _requests()
    settings = requests.get()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    from jobs.main import run
    from jobs.runtime.session import build_session

    spark = build_session(settings["app_name"], [Path(jar) for jar in settings["jars"]], settings["confs"])
    _answer(answers, ready=True)
    ends = False
    while not ends:
        request = requests.get()
        exit_code, error = _serve(run, request, spark)
        ends = not _has_jvm(spark)
        _answer(answers, id=request["id"], exit_code=exit_code, error=error, ends=ends)


def _has_jvm(spark: SparkSession) -> bool:
    """Whether the JVM still runs; without it the driver ends, and its parent starts a fresh one."""
    try:
        spark._jvm.java.lang.System.nanoTime()
    except (OSError, Py4JError):
        return False
    return True


def _own_output() -> IO[str]:
    """Reserve standard output for answers, and send the output of prints and the JVM to standard error instead."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _requests() -> queue.SimpleQueue[dict[str, Any]]:
    """Read requests in a thread, so that the end of standard input is noticed even during a job run."""
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            requests.put(json.loads(line))
        # The process leads its own group, so this ends the JVM and Spark's Python workers with it.
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=read, name="requests", daemon=True).start()
    return requests


def _serve(run: Any, request: dict[str, Any], spark: SparkSession) -> tuple[int, str]:
    before = dict(os.environ)
    os.environ.update(request["env"])
    try:
        return int(run(list(request["args"]), spark) or 0), ""
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1, str(leaving)
    except Exception as error:  # noqa: BLE001 - a job run's error is its answer; the driver goes on
        traceback.print_exc()
        return 1, f"{type(error).__name__}: {error}"
    finally:
        for added in set(os.environ) - set(before):
            del os.environ[added]
        os.environ.update(before)
        sys.stdout.flush()
        sys.stderr.flush()


def _answer(answers: IO[str], **answer: Any) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
