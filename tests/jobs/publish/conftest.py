"""A stand-in for Snowflake to publish to, and a lake whose totals are built."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from scripts.sources.snowflake_stand_in import SnowflakeStandIn
from scripts.sources.started import running
from shared.jobs import Step
from tests.support.served import SERVED, land_totals, serve_totals
from tests.support.small_lake import SmallLake, lease_account
from tests.support.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

_databases = count()


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeStandIn]:
    """An empty stand-in for Snowflake."""
    with running(SnowflakeStandIn(tmp_path_factory.mktemp("snowflake"), is_source=False)) as started:
        yield started


@pytest.fixture
def warehouse(stand_in: SnowflakeStandIn) -> Warehouse:
    """A database of its own for the test."""
    return Warehouse(stand_in, f"MARTS{next(_databases)}")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> SmallLake:
    """A lake whose totals are built, by three steps, and published nowhere yet."""
    with lease_account():
        lake = SmallLake(tmp_path_factory.mktemp("built"), spark)
        lake.only("bronze.shop__customers", "bronze.shop__orders", "silver.customers", "silver.orders", SERVED)
        serve_totals(lake)
        land_totals(lake)
        lake.run("r1", (Step.INGEST, Step.REFINE, Step.BUILD))
        return lake


@pytest.fixture
def lake(built: SmallLake, tmp_path: Path, leases: Any) -> SmallLake:
    """A copy of the lake, with leases of its own."""
    return built.copied(tmp_path / "lake")
