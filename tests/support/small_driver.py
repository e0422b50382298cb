"""The warm Spark driver with a folder's contracts instead of the repository's, and a clock that can be wrong.

Leases last as long as `LEASE_SECONDS` says; a job run whose variables have `CLOCK_AHEAD` sees a clock that goes so many
seconds ahead, or behind if the number is negative.
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

from jobs import main
from jobs.runtime import lease
from scripts.local import spark_driver
from shared.contracts import load_catalog

CONTRACTS = "SMALL_LAKE_CONTRACTS"
LEASE_SECONDS = "SMALL_LAKE_LEASE_SECONDS"
CLOCK_AHEAD = "SMALL_LAKE_CLOCK_AHEAD"


def clock() -> float:
    """Seconds since the epoch, by the clock of the current job run."""
    return time.time() + float(os.environ.get(CLOCK_AHEAD, "0"))


if __name__ == "__main__":
    main.load_catalog = partial(load_catalog, Path(os.environ[CONTRACTS]))  # type: ignore[assignment]
    lease.SECONDS = int(os.environ.get(LEASE_SECONDS, str(lease.SECONDS)))
    lease.BEAT_SECONDS = min(lease.BEAT_SECONDS, lease.SECONDS // 3)
    lease.acquire_or_wait = partial(lease.acquire_or_wait, clock=clock)  # type: ignore[assignment]
    spark_driver.main()
