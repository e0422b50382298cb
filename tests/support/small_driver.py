"""The warm Spark driver, with the contracts of a folder in place of the repository's."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from jobs import main
from scripts.local import spark_driver
from shared.contracts import load_catalog

CONTRACTS = "SMALL_LAKE_CONTRACTS"

if __name__ == "__main__":
    main.load_catalog = partial(load_catalog, Path(os.environ[CONTRACTS]))  # type: ignore[assignment]
    spark_driver.main()
