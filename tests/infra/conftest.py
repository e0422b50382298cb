"""Every environment, synthesized once for all tests of the infrastructure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.config import Environment, environment_names, load_environment
from tests.support.cloud import synthesize

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

LONGEST = "a" * 12
WAREHOUSE = "arn:aws:redshift:us-east-1:123456789012:cluster:analytics"
# Every setting that an environment may have.
EVERYTHING = {
    "spark": {
        "max_executors": 2,
        "maximum_vcpu": 16,
        "maximum_memory_gb": 64,
        "steps": {"build": {"max_executors": 1}},
    },
    "github": {"repository": "house/lake"},
    "kafka": {"serverless": True, "every_seconds": 60},
    "vpc": {"nat_gateways": 1},
    "access": {"consumer": "fine_grained"},
    "replica": {"region": "eu-central-1"},
    "account": {"vcpu_quota": 48},
    "allow_data_deletion": True,
    "governance": {"former_domains": ["wholesale"]},
    "sources": {"redshift": WAREHOUSE},
}


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


@pytest.fixture(scope="session")
def fullest(tmp_path_factory: pytest.TempPathFactory, clouds: dict[str, Cloud]) -> Cloud:
    """An environment with every setting, and with the longest possible name."""
    settings = load_environment("prod").model_dump() | EVERYTHING | {"name": LONGEST}
    output = tmp_path_factory.mktemp("fullest") / "out"
    return synthesize("prod", output, environment=Environment.model_validate(settings))
