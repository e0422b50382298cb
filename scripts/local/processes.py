"""Ends a process and everything it has started, by their ids."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")
_STEP_SECONDS = 0.05
_END_SECONDS = 5.0


def descendants(pid: int) -> list[int]:
    """The ids of all descendants of a process, children before grandchildren."""
    children: dict[int, list[int]] = {}
    for child, parent, _ in _processes():
        children.setdefault(parent, []).append(child)
    found, open_ids = [], [pid]
    while open_ids:
        below = children.get(open_ids.pop(0), [])
        found += below
        open_ids += below
    return found


def end_by_its_input(process: subprocess.Popen[bytes] | subprocess.Popen[str], *, patience: float) -> None:
    """Close the standard input of a process, which makes it end; kill it if it has not after so many seconds."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_tree(process: subprocess.Popen[str], *, patience: float) -> None:
    """End a process and all its descendants.

    Args:
        process: The process, which leads its own group; closing its standard input asks it to end by itself.
        patience: The seconds that it is given to do so.
    """
    below = descendants(process.pid) if process.poll() is None else []
    if process.stdin:
        with contextlib.suppress(OSError):
            process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    end_group(process.pid)
    for pid in below:
        # Spark's Python workers lead groups of their own.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
    _wait_for_end(below)


def end_group(leader: int) -> None:
    """Kill what is left of the process group of a process that has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _wait_for_end(pids: list[int]) -> None:
    deadline = time.monotonic() + _END_SECONDS
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(_STEP_SECONDS)


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    return any(not state.startswith("Z") for _, _, state in _processes(pid))


def _processes(*pids: int) -> Iterator[tuple[int, int, str]]:
    """The id, the parent's id and the state of each given process that exists, or of all processes.

    It reads /proc, or calls `ps` without one: a small Linux image has no `ps`, and macOS has no /proc.
    """
    if not PROC.is_dir():
        which = ["-p", ",".join(map(str, pids))] if pids else ["-A"]
        # `ps` fails if none of the given processes exists.
        listing = subprocess.run(
            ["ps", *which, "-o", "pid=,ppid=,stat="],  # noqa: S607
            capture_output=True,
            text=True,
            check=not pids,
        )
        for line in listing.stdout.splitlines():
            pid, parent, state = line.split()
            yield int(pid), int(parent), state
        return
    for folder in [PROC / str(pid) for pid in pids] or PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            # The name is in brackets and may contain spaces; what follows it does not.
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            yield int(folder.name), int(parent), state
