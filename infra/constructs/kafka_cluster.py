"""A cluster of MSK Serverless, to which job runs log in by their role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk.aws_msk import CfnServerlessCluster
from constructs import Construct

from infra.constructs.event_function import EventFunction
from infra.conventions.retention import KEPT
from shared.events import BOOTSTRAP_SERVERS, CLUSTER_BROKERS
from shared.names import Names

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from infra.constructs.artifact_asset import ArtifactAsset
    from infra.constructs.placement import Placement
    from shared.config import Environment

# The port of MSK's brokers for clients that log in by their role.
PORT = 9098


class KafkaCluster(Construct):
    """A cluster in the subnets of the job runs, whose security group admits only them, on one port.

    CloudFormation has no attribute for its broker addresses, so a function looks them up once it is made; job runs
    cannot, since a VPC without a way out does not reach MSK's API. All settings of a cluster are create-only and its
    topics are data: it outlives its stack, and since its name is fixed, no second one can replace it.

    Example:
        KafkaCluster(self, "Cluster", environment=env, placement=placement, code=lambdas, key=storage.key)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        placement: Placement,
        code: ArtifactAsset,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self.security_group_id = self._security_group(placement)
        cluster = CfnServerlessCluster(
            self,
            "Cluster",
            cluster_name=Names(environment).stack,
            client_authentication=CfnServerlessCluster.ClientAuthenticationProperty(
                sasl=CfnServerlessCluster.SaslProperty(iam=CfnServerlessCluster.IamProperty(enabled=True))
            ),
            vpc_configs=[
                CfnServerlessCluster.VpcConfigProperty(
                    subnet_ids=list(placement.subnet_ids), security_groups=[self.security_group_id]
                )
            ],
        )
        cluster.apply_removal_policy(KEPT)
        self.arn = cluster.attr_arn
        self.bootstrap_servers = self._brokers(environment, code, key)

    def _security_group(self, placement: Placement) -> str:
        rule = ec2.CfnSecurityGroup.IngressProperty
        group = ec2.CfnSecurityGroup(
            self,
            "Brokers",
            group_description="Brokers of Kafka, met by the job runs of the lake",
            vpc_id=placement.vpc_id,
            security_group_ingress=[
                rule(
                    ip_protocol="tcp",
                    from_port=PORT,
                    to_port=PORT,
                    source_security_group_id=jobs,
                    description="Job runs of the lake",
                )
                for jobs in placement.security_group_ids
            ],
        )
        return group.attr_group_id

    def _brokers(self, environment: Environment, code: ArtifactAsset, key: kms.IKey) -> str:
        function = EventFunction(
            self,
            "OnClusterMade",
            event="on_cluster_made",
            environment=environment,
            code=code,
            key=key,
            variables={},
            statements=[iam.PolicyStatement(actions=["kafka:GetBootstrapBrokers"], resources=[self.arn])],
        )
        function.answers_cloudformation()
        resource = CustomResource(
            self,
            "Met",
            service_token=function.function.function_arn,
            resource_type=CLUSTER_BROKERS,
            service_timeout=Duration.minutes(5),
            properties={"ClusterArn": self.arn},
        )
        # The role needs its rights before the function is called.
        resource.node.add_dependency(function)
        return resource.get_att_string(BOOTSTRAP_SERVERS)
