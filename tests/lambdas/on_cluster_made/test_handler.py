"""A deploy gets the broker addresses of the cluster it made; one that lets nobody in by role is an error."""

import boto3
import pytest

from lambdas.on_cluster_made.handler import handler
from scripts.local import msk
from shared.errors import TerminalError

SERVERLESS = {"VpcConfigs": [{"SubnetIds": ["subnet-1", "subnet-2"]}]}
PROVISIONED = {
    "KafkaVersion": "3.9.0",
    "NumberOfBrokerNodes": 2,
    "BrokerNodeGroupInfo": {"ClientSubnets": ["subnet-1"], "InstanceType": "kafka.m7g.large"},
}


@pytest.fixture
def told(aws, monkeypatch):
    """The answers that CloudFormation gets."""
    msk.install()
    said = []
    monkeypatch.setattr("lambdas.custom_resource._call_back", lambda _event, _id, what: said.append(what))
    return said


def request(arn):
    return {"RequestType": "Create", "ResourceProperties": {"ServiceToken": "arn", "ClusterArn": arn}}


def test_answer_has_the_brokers_for_clients_with_a_role(told, context):
    made = boto3.client("kafka").create_cluster_v2(ClusterName="shop", Serverless=SERVERLESS)
    handler(request(made["ClusterArn"]), context)

    [said] = told
    assert "SUCCESS" == said["Status"]
    assert ".kafka-serverless.eu-west-1.amazonaws.com:9098" in said["Data"]["BootstrapServers"]


def test_cluster_that_lets_nobody_in_by_role_fails_the_deploy(told, context):
    made = boto3.client("kafka").create_cluster_v2(ClusterName="shop", Provisioned=PROVISIONED)
    with pytest.raises(TerminalError, match="lets nobody in by role"):
        handler(request(made["ClusterArn"]), context)

    assert "FAILED" == told[0]["Status"]
