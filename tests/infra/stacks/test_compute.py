"""The Spark application and the settings that identify it."""

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.artifacts import ENVIRONMENT, JOBS
from infra.constructs.placement import Placement
from infra.constructs.spark_application import SparkApplication
from shared.config import Network, load_environment
from shared.config.spark import QUEUE_MINUTES
from shared.release import EMR_RELEASE_LABEL

KIND = "AWS::EMRServerless::Application"


def test_application_is_of_the_release_capped_and_stops_by_itself(prod):
    application = prod.only(KIND)

    assert (EMR_RELEASE_LABEL, "ARM64", "SPARK") == tuple(
        application[k] for k in ("ReleaseLabel", "Architecture", "Type")
    )
    assert {"Cpu": "16 vCPU", "Memory": "64 GB"} == application["MaximumCapacity"]
    assert {"Enabled": True, "IdleTimeoutMinutes": 15} == application["AutoStopConfiguration"]
    assert {"MaxConcurrentRuns": 2, "QueueTimeoutMinutes": QUEUE_MINUTES} == application["SchedulerConfiguration"]


def test_logs_are_kept_by_us_and_by_emr_under_the_key(prod):
    monitoring = prod.only(KIND)["MonitoringConfiguration"]
    ours, emrs = monitoring["S3MonitoringConfiguration"], monitoring["ManagedPersistenceMonitoringConfiguration"]

    assert "/emr/" == ours["LogUri"]["Fn::Join"][1][-1]
    assert ours["EncryptionKeyArn"] == emrs["EncryptionKeyArn"]
    assert True is emrs["Enabled"]


def test_replaced_application_is_retained(cloud):
    (application,) = cloud.of_type(KIND).values()

    assert ("RetainExceptOnCreate", "Retain") == (application["DeletionPolicy"], application["UpdateReplacePolicy"])


def application(network=None, **changes):
    env = load_environment("prod")
    env = env.model_copy(update={"spark": env.spark.model_copy(update=changes)})
    placement = Placement.of_existing(network) if network else None
    stack = Stack(App(), "S")
    SparkApplication(
        stack,
        "Batch",
        name="batch",
        environment=env,
        log_uri="s3://logs/emr/",
        key_arn="arn:aws:kms:::key/1",
        placement=placement,
    )
    ((name, resource),) = Template.from_stack(stack).to_json()["Resources"].items()
    return name, resource["Properties"]


VPC = Network(subnet_ids=("subnet-1", "subnet-2"), security_group_ids=("sg-1",))


@pytest.mark.parametrize(
    "change, same",
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"max_executors": 1}, True, id="what only a job run is given"),
        pytest.param({"idle_minutes": 5}, False, id="when it stops"),
        pytest.param({"maximum_vcpu": 32}, False, id="its cap"),
        pytest.param({"network": VPC}, False, id="where it lives"),
    ],
)
def test_settings_that_cannot_be_updated_make_another_application(change, same):
    assert same is (application()[0] == application(**change)[0])


def test_application_lives_in_the_network_that_is_given():
    expected = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}

    assert expected == application(network=VPC)[1]["NetworkConfiguration"]
    assert "NetworkConfiguration" not in application()[1]


def test_artifacts_are_named_by_their_content(prod):
    template = str(prod.templates["Orchestration"]["Resources"])

    assert JOBS.key() in template
    assert f"{ENVIRONMENT.key()}#environment" in template
