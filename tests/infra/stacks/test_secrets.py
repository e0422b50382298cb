"""Connections are named by the stack and filled by hand."""

import json

import pytest

from shared.config import load_environment
from shared.contracts import load_catalog
from shared.contracts.connections import secret_systems
from shared.jobs import Step
from shared.key_policy import ADMITTED, TAG
from shared.names import pii_key_secret, source_parameter, source_secret
from tests.support.policies import step_roles


@pytest.mark.examples
@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_each_system_with_credentials_has_a_secret_under_the_key_without_a_value(clouds, env):
    found = {s["Name"]: s for s in clouds[env].properties("AWS::SecretsManager::Secret")}
    found.pop(pii_key_secret(env))

    assert {source_secret(env, system) for system in secret_systems(load_catalog())} == set(found)
    assert {source_secret(env, s) for s in ("kafka", "salesforce", "snowflake", "snowflake_marts")} == set(found)
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


@pytest.mark.examples
@pytest.mark.parametrize("env", ["dev", "prod"])
@pytest.mark.parametrize(
    "system, asking",
    [
        pytest.param("redshift", {Step.INGEST, Step.RECONCILE}, id="which is asked for figures too"),
        pytest.param("kafka", {Step.INGEST}, id="which is not"),
    ],
)
def test_jobs_may_ask_for_the_parameter_of_a_system_that_is_not_named_yet(clouds, env, system, asking):
    """Without the right they are told that access is denied, and not that the parameter is missing."""
    parameter = f"arn:aws:ssm:us-east-1:123456789012:parameter{source_parameter(env, system)}"
    roles = step_roles(clouds[env])

    assert system not in load_environment(env).sources
    assert asking == {step for step, role in roles.items() if role.may("ssm:GetParameter", parameter)}


@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_the_key_of_personal_data_is_read_by_those_alone_who_are_admitted(clouds, env):
    [policy] = clouds[env].properties("AWS::SecretsManager::ResourcePolicy")
    [denied] = policy["ResourcePolicy"]["Statement"]
    admitted = {
        name.partition("/")[2][:-8]
        for name, role in clouds[env].of_type("AWS::IAM::Role").items()
        if {"Key": TAG, "Value": ADMITTED} in role["Properties"].get("Tags", [])
    }
    reading = {
        role["Ref"][:-8]
        for found in clouds[env].properties("AWS::IAM::Policy")
        if "PiiKey" in json.dumps([s["Resource"] for s in found["PolicyDocument"]["Statement"] if reads_secrets(s)])
        for role in found["Roles"]
    }

    assert "PiiKey" in policy["SecretId"]["Ref"]
    assert ("Deny", "secretsmanager:GetSecretValue") == (denied["Effect"], denied["Action"])
    assert {"StringNotEquals": {f"aws:PrincipalTag/{TAG}": ADMITTED}} == denied["Condition"]
    assert reading, "nobody reads the key, so nothing was looked at"
    assert reading <= admitted


def reads_secrets(statement):
    return statement["Action"] == "secretsmanager:GetSecretValue"


@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_the_key_of_personal_data_is_generated_once_and_outlives_the_stack(clouds, env):
    [found] = [
        resource
        for resource in clouds[env].of_type("AWS::SecretsManager::Secret").values()
        if resource["Properties"]["Name"] == pii_key_secret(env)
    ]

    # Another generator would make another key at the next deploy, and every hash of a person another.
    assert {
        "SecretStringTemplate": '{"current": "k1"}',
        "GenerateStringKey": "k1",
        "PasswordLength": 64,
        "ExcludePunctuation": True,
    } == found["Properties"]["GenerateSecretString"]
    assert ("Retain", "RetainExceptOnCreate") == (found["UpdateReplacePolicy"], found["DeletionPolicy"])
