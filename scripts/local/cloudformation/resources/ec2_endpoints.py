"""A VPC's own ways to services of AWS, and the log of its packets."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource

_PLACED = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")


@handles("AWS::EC2::VPCEndpoint")
class VpcEndpoint(Handler):
    """A gateway for routes, or an interface in subnets."""

    applied = frozenset({"PrivateDnsEnabled", "ServiceName", "Tags", "VpcEndpointType", "VpcId", *_PLACED})

    def create(self, resource: Resource) -> Made:
        """Make the endpoint."""
        tags = resource.tag_specifications("vpc-endpoint")
        answer = resource.call("ec2", "create_vpc_endpoint", TagSpecifications=tags, **resource.without("Tags"))
        endpoint = answer["VpcEndpoint"]["VpcEndpointId"]
        return Made(endpoint, {"Id": endpoint})

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the endpoint away."""
        resource.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[made.ref])

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The endpoint as the service has it."""
        [found] = resource.call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[made.ref])["VpcEndpoints"]
        return {**found, "SecurityGroupIds": [group["GroupId"] for group in found.get("Groups", [])]}


@handles("AWS::EC2::FlowLog")
class FlowLog(Handler):
    """The log of a VPC's packets; there are none on a laptop."""

    applied = frozenset(
        {"DeliverLogsPermissionArn", "LogDestinationType", "LogGroupName", "ResourceId", "ResourceType", "Tags"}
        | {"TrafficType"}
    )

    def create(self, resource: Resource) -> Made:
        """Begin the log."""
        answer = resource.call(
            "ec2",
            "create_flow_logs",
            ResourceIds=[resource.get("ResourceId")],
            TagSpecifications=resource.tag_specifications("vpc-flow-log"),
            **resource.without("ResourceId", "Tags"),
        )
        [log] = answer["FlowLogIds"]
        return Made(log, {"Id": log})

    def delete(self, resource: Resource, made: Made) -> None:
        """End the log."""
        resource.call("ec2", "delete_flow_logs", FlowLogIds=[made.ref])

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The log as the service has it."""
        [found] = resource.call("ec2", "describe_flow_logs", FlowLogIds=[made.ref])["FlowLogs"]
        return found
