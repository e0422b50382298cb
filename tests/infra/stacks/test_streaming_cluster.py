"""A Kafka cluster that the stack makes: reached only by job runs, retained, and known to the jobs."""

import subprocess

import pytest
from pydantic import ValidationError

from scripts.setup import paths
from shared.config import Environment, load_environment
from shared.contracts import load_catalog
from tests.support.cloud import synthesize

CLUSTER = "AWS::MSK::ServerlessCluster"
HOUSE = {
    "subnet_ids": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
    "security_group_ids": ["sg-0a1b2c3d", "sg-1a1b2c3d"],
    "vpc_id": "vpc-0a1b2c3d",
}


def settings(**changes):
    return Environment.model_validate(load_environment("prod").model_dump() | {"kafka": {"serverless": True}} | changes)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, clouds):
    output = tmp_path_factory.mktemp("cluster") / "out"
    return synthesize("prod", output, environment=settings(network=HOUSE), catalog=load_catalog(), nag=True)


def test_cluster_admits_job_runs_by_their_role_on_one_port(cloud):
    group = cloud.only("AWS::EC2::SecurityGroup")
    cluster = cloud.only(CLUSTER)

    assert {"Sasl": {"Iam": {"Enabled": True}}} == cluster["ClientAuthentication"]
    assert ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] == cluster["VpcConfigs"][0]["SubnetIds"]
    assert ("vpc-0a1b2c3d", {("tcp", 9098, 9098, "sg-0a1b2c3d"), ("tcp", 9098, 9098, "sg-1a1b2c3d")}) == (
        group["VpcId"],
        {
            (rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["SourceSecurityGroupId"])
            for rule in group["SecurityGroupIngress"]
        },
    )


def test_topics_outlive_the_stack(cloud):
    [cluster] = cloud.of_type(CLUSTER).values()

    assert ("RetainExceptOnCreate", "Retain") == (cluster["DeletionPolicy"], cluster["UpdateReplacePolicy"])


def test_jobs_read_the_topics_of_the_contracts_and_nothing_else_of_it(cloud):
    [policy] = [
        p["PolicyDocument"]["Statement"]
        for name, r in cloud.of_type("AWS::IAM::Policy").items()
        if name.startswith("Streaming/Reading")
        for p in [r["Properties"]]
    ]
    ends = {
        (action.removeprefix("kafka-cluster:"), end(resource))
        for s in policy
        for action in listed(s["Action"])
        for resource in listed(s["Resource"])
    }
    topics = {t.source.object for t in load_catalog().tables.values() if t.source and t.source.type == "kafka"}

    assert ends == {
        ("Connect", "the cluster"),
        *((action, f":topic/ {topic}") for action in ("DescribeTopic", "ReadData") for topic in topics),
        *((action, ":group/ lakewright-*") for action in ("DescribeGroup", "AlterGroup")),
    }


def end(resource):
    """The part of the cluster that a statement is on; the cluster's own ARN is a reference."""
    if "Fn::GetAtt" in resource:
        return "the cluster"
    texts = [part for part in resource["Fn::Join"][1] if isinstance(part, str)]
    return " ".join(text.strip("/") if i else text for i, text in enumerate(texts))


def listed(value):
    return value if isinstance(value, list) else [value]


def test_only_the_function_of_the_deploy_looks_up_its_brokers(cloud):
    asking = [
        s
        for policy in cloud.properties("AWS::IAM::Policy")
        for s in policy["PolicyDocument"]["Statement"]
        if "kafka:GetBootstrapBrokers" in listed(s["Action"])
    ]

    assert ["Arn"] == [s["Resource"]["Fn::GetAtt"][1] for s in asking]


def test_there_is_no_streaming_job_without_its_setting(cloud):
    assert 1 == len(cloud.properties("AWS::EMRServerless::Application"))


def test_cfn_lint_finds_nothing(cloud):
    template = next(cloud.folder.glob("LakewrightStreaming*.json"))
    lint = [paths.VENV / "bin" / "cfn-lint", "--ignore-checks", "W3005", "--", str(template)]
    finished = subprocess.run(lint, capture_output=True, text=True, check=False)

    assert (0, "") == (finished.returncode, finished.stdout + finished.stderr)


@pytest.mark.parametrize(
    "changes, said",
    [
        pytest.param({}, "have one made by `vpc`", id="no VPC"),
        pytest.param(
            {"network": {key: HOUSE[key] for key in ("subnet_ids", "security_group_ids")}},
            "network.vpc_id",
            id="a VPC of the house without its name",
        ),
        pytest.param({"vpc": {"zones": ["eu-west-1a"]}}, "two zones at least", id="one zone"),
        pytest.param({"network": HOUSE | {"subnet_ids": ["subnet-0a1b2c3d"]}}, "two zones at least", id="one subnet"),
        pytest.param(
            {
                "vpc": {},
                "kafka": {"serverless": True, "cluster_arn": "arn:aws:kafka:eu-west-1:123456789012:cluster/shop/1-2"},
            },
            "give one of them",
            id="two clusters",
        ),
    ],
)
def test_a_cluster_without_a_vpc_is_refused_with_the_setting_to_add(changes, said):
    with pytest.raises(ValidationError, match=said):
        settings(**changes)
