"""End a process and everything it has started, by their ids."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

_STEP_SECONDS = 0.05


def descendants(pid: int) -> list[int]:
    """The ids of all processes below this one, near ones first."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)  # noqa: S607
    children: dict[int, list[int]] = {}
    for line in listing.stdout.splitlines():
        child, parent = (int(word) for word in line.split())
        children.setdefault(parent, []).append(child)
    found, open_ids = [], [pid]
    while open_ids:
        below = children.get(open_ids.pop(0), [])
        found += below
        open_ids += below
    return found


def end_tree(process: subprocess.Popen[str], *, patience: float) -> None:
    """End a process and all below it.

    Args:
        process: The process, which leads its own group; closing its standard input asks it to leave by itself.
        patience: Seconds it is given to do so.
    """
    below = descendants(process.pid) if process.poll() is None else []
    if process.stdin:
        with contextlib.suppress(OSError):
            process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in below:
        # Spark's Python workers lead groups of their own.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    _wait_for_end(below, patience)


def _wait_for_end(pids: list[int], patience: float) -> None:
    deadline = time.monotonic() + patience
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(_STEP_SECONDS)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
