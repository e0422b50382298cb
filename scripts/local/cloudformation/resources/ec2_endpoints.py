"""VPC endpoints and flow logs."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource

_PLACED = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")


@handles("AWS::EC2::VPCEndpoint")
class VpcEndpoint(Handler):
    """A VPC endpoint: a gateway for routes, or an interface in subnets."""

    applied = frozenset({"PrivateDnsEnabled", "ServiceName", "Tags", "VpcEndpointType", "VpcId", *_PLACED})

    def create(self, resource: Resource) -> Made:
        """Create the endpoint."""
        tags = resource.tag_specifications("vpc-endpoint")
        answer = resource.call("ec2", "create_vpc_endpoint", TagSpecifications=tags, **resource.without("Tags"))
        endpoint = answer["VpcEndpoint"]["VpcEndpointId"]
        return Made(endpoint, {"Id": endpoint})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the endpoint."""
        resource.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[made.ref])

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The endpoint as the service describes it."""
        [found] = resource.call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[made.ref])["VpcEndpoints"]
        return {**found, "SecurityGroupIds": [group["GroupId"] for group in found.get("Groups", [])]}


@handles("AWS::EC2::FlowLog")
class FlowLog(Handler):
    """A VPC's flow log; on a laptop there are no packets."""

    applied = frozenset(
        {"DeliverLogsPermissionArn", "LogDestinationType", "LogGroupName", "ResourceId", "ResourceType", "Tags"}
        | {"TrafficType"}
    )

    def create(self, resource: Resource) -> Made:
        """Create the flow log."""
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
        """Delete the flow log."""
        resource.call("ec2", "delete_flow_logs", FlowLogIds=[made.ref])

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The log as the service describes it."""
        [found] = resource.call("ec2", "describe_flow_logs", FlowLogIds=[made.ref])["FlowLogs"]
        return found
