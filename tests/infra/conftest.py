"""Every environment, synthesized once for all tests of the infrastructure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.config import environment_names
from tests.support.cloud import synthesize

if TYPE_CHECKING:
    from tests.support.cloud import Cloud


@pytest.fixture(scope="session")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cloud]:
    """All environments by name; the laptop's lake lies in a folder."""
    made = tmp_path_factory.mktemp("clouds")
    return {
        name: synthesize(name, made / name, root=made / "lake" if name == "local" else None)
        for name in environment_names()
    }


@pytest.fixture(params=environment_names())
def cloud(request: pytest.FixtureRequest, clouds: dict[str, Cloud]) -> Cloud:
    """Each environment in turn."""
    return clouds[request.param]


@pytest.fixture
def prod(clouds: dict[str, Cloud]) -> Cloud:
    return clouds["prod"]
