"""A VPC of the stack's own, for sources that can be reached only from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, CfnCondition, Fn, NestedStack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from infra.constructs.encrypted_log_group import EncryptedLogGroup
from infra.constructs.placement import Placement
from shared.contracts.connections import registered_schemas

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from shared.config import Environment
    from shared.config.network import Vpc
    from shared.contracts import Catalog

# The services that jobs call, apart from S3 and DynamoDB, whose gateways cost nothing; and those of readers' jobs.
OF_JOBS = ("events", "kms", "secretsmanager", "ssm", "sts")
GLUE = "glue"
OF_READERS = (GLUE, "lakeformation", "logs")
REDSHIFT_DATA = "redshift-data"
# Source: aws-cdk, InterfaceVpcEndpointAwsService, which handles them only in a stack with an explicit region.
NAMED_OTHERWISE_IN_CHINA = (REDSHIFT_DATA, "sts")


class Network(NestedStack):
    """Subnets in several zones, endpoints for the services that jobs call, and a way out only on request.

    Each worker of a job run takes an address. The systems that jobs reach have to admit `security_group`.
    """

    def __init__(
        self, scope: Construct, id_: str, *, environment: Environment, catalog: Catalog, vpc: Vpc, key: kms.IKey
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: the network of the job runs")
        inside = ec2.SubnetType.PRIVATE_WITH_EGRESS if vpc.nat_gateways else ec2.SubnetType.PRIVATE_ISOLATED
        subnets = [ec2.SubnetConfiguration(name="Jobs", subnet_type=inside)]
        if vpc.nat_gateways:
            subnets.append(ec2.SubnetConfiguration(name="Out", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28))
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(vpc.cidr),
            availability_zones=list(vpc.zones) or None,
            max_azs=None if vpc.zones else 2,
            nat_gateways=vpc.nat_gateways,
            subnet_configuration=subnets,
            # The CDK restricts it with a Lambda; nothing is put into that group.
            restrict_default_security_group=False,
        )
        self.security_group = ec2.SecurityGroup(self, "Jobs", vpc=self.vpc, description="Job runs of the lake")
        self._endpoints(environment, catalog)
        flows = EncryptedLogGroup(self, "Flows", environment=environment, key=key)
        destination = ec2.FlowLogDestination.to_cloud_watch_logs(flows, self._flow_writer())
        self.vpc.add_flow_log("Flow", destination=destination)
        self.placement = Placement(
            vpc_id=self.vpc.vpc_id,
            subnet_ids=tuple(self.vpc.select_subnets(subnet_group_name="Jobs").subnet_ids),
            security_group_ids=(self.security_group.security_group_id,),
            settings=vpc,
        )

    def _flow_writer(self) -> iam.Role:
        """The role that writes flow logs; the CDK's default role can be assumed by the service for any account."""
        any_log = self.format_arn(service="ec2", resource="vpc-flow-log", resource_name="*")
        only_ours = {"StringEquals": {"aws:SourceAccount": self.account}, "ArnLike": {"aws:SourceArn": any_log}}
        writer = iam.ServicePrincipal("vpc-flow-logs.amazonaws.com", conditions=only_ours)
        return iam.Role(self, "FlowWriter", assumed_by=writer)

    def _endpoints(self, environment: Environment, catalog: Catalog) -> None:
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        self.vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        wanted = [*OF_JOBS, *(OF_READERS if environment.access.consumer else ())]
        if any(":redshift" in address for address in environment.sources.values()):
            wanted.append(REDSHIFT_DATA)
        if registered_schemas(catalog):
            wanted.append(GLUE)
        china = CfnCondition(self, "China", expression=Fn.condition_equals(Aws.PARTITION, "aws-cn"))
        prefix = Fn.condition_if(china.logical_id, "cn.com.amazonaws", "com.amazonaws").to_string()
        for service in dict.fromkeys(wanted):
            named = prefix if service in NAMED_OTHERWISE_IN_CHINA else None
            endpoint = self.vpc.add_interface_endpoint(
                "".join(word.capitalize() for word in service.split("-")),
                service=ec2.InterfaceVpcEndpointAwsService(service, named),
                subnets=ec2.SubnetSelection(subnet_group_name="Jobs"),
                open=False,
            )
            endpoint.connections.allow_default_port_from(self.security_group, "Job runs of the lake")
