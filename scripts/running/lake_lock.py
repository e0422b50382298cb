"""One run at a time on a lake in a folder: the local account, and so its leases, live in one process."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared.errors import LeaseHeldError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lake of a folder for this process; the system lets go of it even when the process is killed.

    Raises:
        LeaseHeldError: another process works on this lake.
    """
    # A new lake is its owner's alone: personal data lie in it in the clear. Whoever opens one to others keeps it open.
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = root / ".lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise LeaseHeldError(
                f"another run works on the lake at {root}",
                given=f"process {file.read().strip() or 'unknown'}",
                expected="one run at a time",
                mend="wait for it, or give another --root",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
