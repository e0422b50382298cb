"""Data is deleted by two keys, or not at all."""

import pytest

from infra.constructs.retention import removal_policy
from shared.config import load_environment


@pytest.mark.parametrize(
    "wanted, allowed, expected",
    [
        pytest.param("DESTROY", True, "DESTROY", id="both keys"),
        pytest.param("DESTROY", False, "RETAIN_ON_UPDATE_OR_DELETE", id="the environment keeps its own"),
        pytest.param("RETAIN", True, "RETAIN_ON_UPDATE_OR_DELETE", id="the construct keeps its own"),
        pytest.param("RETAIN", False, "RETAIN_ON_UPDATE_OR_DELETE", id="no key"),
    ],
)
def test_data_goes_only_by_two_keys(wanted, allowed, expected):
    from aws_cdk import RemovalPolicy

    env = load_environment("dev").model_copy(update={"allow_data_deletion": allowed})

    assert RemovalPolicy[expected] == removal_policy(env, wanted=RemovalPolicy[wanted])
