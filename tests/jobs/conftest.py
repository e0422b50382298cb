"""A small lake for the tests of the engine, with leases in an AWS account in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

    from tests.support.small_lake import SmallLake


@pytest.fixture
def leases() -> Iterator[Any]:
    """The table of leases, in an empty account."""
    from tests.support.small_lake import lease_account

    with lease_account() as table:
        yield table


@pytest.fixture
def small_lake(tmp_path: Path, spark: SparkSession, leases: Any) -> SmallLake:
    """An empty lake of a few small tables."""
    from tests.support.small_lake import SmallLake

    return SmallLake(tmp_path, spark)


@pytest.fixture(scope="module")
def module_lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> SmallLake:
    """A lake that the tests of a file share, each on a copy of its own and with leases of its own."""
    from tests.support.small_lake import SmallLake

    return SmallLake(tmp_path_factory.mktemp("lake"), spark)


@pytest.fixture(scope="session")
def begun_before(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> SmallLake:
    """A lake in the midst of its work, to be copied."""
    from tests.support.begun import begun
    from tests.support.small_lake import SmallLake, lease_account

    with lease_account():
        return begun(SmallLake(tmp_path_factory.mktemp("begun"), spark))


@pytest.fixture
def begun_lake(begun_before: SmallLake, tmp_path: Path, leases: Any) -> SmallLake:
    """A lake in the midst of its work."""
    return begun_before.copied(tmp_path)
