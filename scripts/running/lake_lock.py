"""A lock that allows one run at a time on a lake in a folder: leases exist only in the local account of one process."""

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
    """Lock the lake in a folder for this process; the system releases the lock even if the process is killed.

    Raises:
        LeaseHeldError: another process works on this lake.
    """
    # Only the owner can read a new lake: it has personal data in clear text. An existing folder keeps its rights.
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
