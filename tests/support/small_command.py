"""The command line with a folder's contracts instead of the repository's, here and in the driver that it starts."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from scripts.cli.__main__ import main
from scripts.running import local_job
from shared import contracts
from tests.support.small_driver import CONTRACTS

if __name__ == "__main__":
    contracts.load_catalog = partial(contracts.load_catalog, Path(os.environ[CONTRACTS]))  # type: ignore[assignment]
    driver = (sys.executable, "-m", "tests.support.small_driver")
    local_job.DriverSettings = partial(local_job.DriverSettings, command=driver)  # type: ignore[misc,assignment]
    main()
