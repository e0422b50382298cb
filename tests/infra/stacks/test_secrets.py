"""Connections are named by the stack and filled by hand."""

import pytest

from infra.stacks.secrets import secret_systems
from shared.config import load_environment
from shared.contracts import load_catalog
from shared.names import source_parameter, source_secret


@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_each_system_with_credentials_has_a_secret_under_the_key_without_a_value(clouds, env):
    found = {s["Name"]: s for s in clouds[env].properties("AWS::SecretsManager::Secret")}

    assert {source_secret(env, system) for system in secret_systems(load_catalog())} == set(found)
    assert {source_secret(env, "salesforce"), source_secret(env, "snowflake")} == set(found)
    assert all(secret["KmsKeyId"] for secret in found.values())
    assert all({"SecretString", "GenerateSecretString"}.isdisjoint(secret) for secret in found.values())


@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_each_address_of_the_environment_is_a_parameter(clouds, env):
    found = {p["Name"]: p["Value"] for p in clouds[env].properties("AWS::SSM::Parameter")}
    redshift = found.pop(source_parameter(env, "redshift"), None)
    given = dict(load_environment(env).sources)
    warehouse = given.pop("redshift", None)

    assert {source_parameter(env, s): a for s, a in given.items()} == found
    assert (warehouse is None) is (redshift is None)
    assert warehouse is None or f'{{"warehouse":"{warehouse}","unload_role":"' in str(redshift)
