"""What tests of more than one room share: one Spark session, and one account in this process."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[1]

# A busy machine is no failure: no test asserts a time.
hypothesis.settings.register_profile("lake", deadline=None)
hypothesis.settings.load_profile("lake")

# botocore reads the models of services from its files: what was read once serves the clients of all tests.
botocore.session.create_loader = cache(botocore.session.create_loader)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call slow what needs Spark, and put the files first that take long, so that all workers end at about one time.

    Those are the slow ones, and among them those that lie higher, which test more of the lake at once.
    """
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, len(item.path.parts)))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The one Spark session of a test run, with Delta and the laptop's settings."""
    from jobs.runtime.session import build_session
    from scripts.local.spark_settings import LOCAL_CONFS
    from scripts.setup.jars import jar_paths
    from scripts.setup.launch import runtime_environment

    os.environ.update(runtime_environment())
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the workers of this session start often
    # Python workers import the data sources, so they need this checkout and this interpreter.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    session = build_session("tests", jar_paths(), LOCAL_CONFS)
    yield session
    session.stop()
