"""Limits of AWS: the length of names, and the vCPUs of an account."""

import pytest
from pydantic import ValidationError

from scripts.comparing.replacements import create_only
from shared.config import Environment, load_environment
from shared.config.account import Account
from shared.config.governance import Governance
from shared.config.spark import Spark
from shared.names import Names
from tests.infra.conftest import LONGEST
from tests.support.cloud import synthesize

# Sources: the user guides of each service, "Quotas".
LIMITS = {
    ("AWS::IAM::Role", "RoleName"): 64,
    ("AWS::EMRServerless::Application", "Name"): 64,
    ("AWS::Scheduler::Schedule", "Name"): 64,
    ("AWS::StepFunctions::StateMachine", "StateMachineName"): 80,
    ("AWS::MSK::ServerlessCluster", "ClusterName"): 64,
    ("AWS::Athena::WorkGroup", "Name"): 128,
    ("AWS::ApiGatewayV2::Stage", "StageName"): 128,
    ("AWS::DynamoDB::Table", "TableName"): 255,
    ("AWS::CloudWatch::Dashboard", "DashboardName"): 255,
    ("AWS::Glue::Table", "DatabaseName"): 255,
    ("AWS::Logs::LogGroup", "LogGroupName"): 512,
    ("AWS::SecretsManager::Secret", "Name"): 512,
    ("AWS::SSM::Parameter", "Name"): 1011,
}


def names_given(cloud):
    """Every name in a template that cannot be changed later, by type and property."""
    found = {}
    for template in cloud.templates.values():
        for resource in template["Resources"].values():
            for path in create_only(resource["Type"]):
                given = resource.get("Properties", {}).get(path[0])
                if path[0].endswith("Name") and isinstance(given, str):
                    found.setdefault((resource["Type"], path[0]), set()).add(given)
    return found


def test_names_fit_with_the_longest_environment(fullest):
    found = names_given(fullest)

    assert set(LIMITS) == set(found)
    assert {} == {k: long for k, names in found.items() if (long := [n for n in names if len(n) > LIMITS[k]])}
    assert (
        Names(load_environment("prod").model_copy(update={"name": LONGEST})).workgroup("pii_officer")
        in (found["AWS::Athena::WorkGroup", "Name"])
    )


def test_role_of_the_longest_name_fits_and_a_longer_one_is_refused():
    environment = load_environment("prod").model_copy(update={"name": LONGEST})
    role = {"clearance": "internal"}

    [longest] = Governance.model_validate({"roles": {"r" * 40: role}}).roles
    assert 64 == len(Names(environment).reader_role(longest))
    with pytest.raises(ValidationError, match=r"roles\.r+\.\[key\]"):
        Governance.model_validate({"roles": {"r" * 41: role}})


@pytest.mark.parametrize(
    "vcpus, quota, fits",
    [
        pytest.param(16, None, True, id="a new account"),
        pytest.param(17, None, False, id="one more than a new account has"),
        pytest.param(64, 64, True, id="a quota that was raised"),
    ],
)
def test_capacity_of_all_applications_fits_the_quota(vcpus, quota, fits):
    account = {"account": {"vcpu_quota": quota}} if quota else {}
    settings = {"name": "prod", "owner": "o", "spark": {"maximum_vcpu": vcpus}, **account}

    if fits:
        assert vcpus == Environment.model_validate(settings).vcpus_at_once
    else:
        with pytest.raises(ValidationError, match=r"the account's quota is 16.*account\.vcpu_quota"):
            Environment.model_validate(settings)


@pytest.mark.parametrize(
    "changes, vcpus, applications",
    [
        pytest.param({}, 8, 1, id="batch alone"),
        pytest.param({"kafka": {"every_seconds": 60}}, 16, 2, id="streaming takes as much again"),
        pytest.param({"access": {"consumer": "fine_grained", "consumer_vcpu": 4}}, 12, 2, id="readers take theirs"),
    ],
)
def test_what_counts_against_the_quota_is_what_the_templates_allow(clouds, tmp_path, changes, vcpus, applications):
    small = {"spark": {"maximum_vcpu": 8, "max_executors": 1}}
    environment = Environment.model_validate(load_environment("prod").model_dump() | small | changes)
    cloud = synthesize("prod", tmp_path / "out", environment=environment)
    caps = [int(a["MaximumCapacity"]["Cpu"].split()[0]) for a in cloud.properties("AWS::EMRServerless::Application")]

    assert (vcpus, applications) == (environment.vcpus_at_once, len(caps))
    assert vcpus == sum(caps)


@pytest.mark.parametrize(
    "settings, at_once",
    [
        pytest.param({}, 2, id="as it comes: 8 of 16 vCPUs, 32 of 64 GB"),
        pytest.param({"maximum_vcpu": 64, "maximum_memory_gb": 112}, 3, id="memory is what lacks"),
        pytest.param({"maximum_vcpu": 12}, 1, id="the rest is too small for another"),
        pytest.param(
            {"max_executors": 1, "steps": {"build": {"executor": {"cores": 8, "memory_gb": 30}}}}, 1, id="a large step"
        ),
    ],
)
def test_only_as_many_job_runs_start_as_have_room_for_an_executor_each(settings, at_once):
    assert at_once == Spark.model_validate(settings).at_once


def test_quota_of_a_new_account_is_sixteen():
    assert 16 == Account().vcpu_quota
