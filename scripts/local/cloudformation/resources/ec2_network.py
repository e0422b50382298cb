"""VPCs, their subnets and routes. They are kept and shown; no packet of a laptop goes through them."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::EC2::VPC")
class Vpc(Handler):
    """A VPC, whose names of hosts are switched on and off in place."""

    _switches = ("EnableDnsSupport", "EnableDnsHostnames")
    applied = frozenset({"CidrBlock", "InstanceTenancy", "Tags", *_switches})

    def create(self, resource: Resource) -> Made:
        """Make the VPC."""
        given = resource.only("CidrBlock", "InstanceTenancy")
        answer = resource.call("ec2", "create_vpc", TagSpecifications=resource.tag_specifications("vpc"), **given)
        vpc = answer["Vpc"]["VpcId"]
        return self.update(resource, Made(vpc, {"VpcId": vpc, "CidrBlock": answer["Vpc"]["CidrBlock"]}))

    def update(self, resource: Resource, made: Made) -> Made:
        """Switch its names of hosts on or off; the API takes one at a time."""
        for name, value in resource.only(*self._switches).items():
            resource.call("ec2", "modify_vpc_attribute", VpcId=made.ref, **{name: {"Value": value}})
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the VPC away."""
        resource.call("ec2", "delete_vpc", VpcId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The VPC as the service has it."""
        [found] = resource.call("ec2", "describe_vpcs", VpcIds=[made.ref])["Vpcs"]
        for name in self._switches:
            attribute = name[0].lower() + name[1:]
            answer = resource.call("ec2", "describe_vpc_attribute", VpcId=made.ref, Attribute=attribute)
            found[name] = answer[name]["Value"]
        return found


@handles("AWS::EC2::Subnet")
class Subnet(Handler):
    """A subnet of a zone; whether it gives public addresses is changed in place."""

    applied = frozenset({"AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"})

    def create(self, resource: Resource) -> Made:
        """Make the subnet."""
        given = resource.only("AvailabilityZone", "CidrBlock", "VpcId")
        tags = resource.tag_specifications("subnet")
        subnet = resource.call("ec2", "create_subnet", TagSpecifications=tags, **given)["Subnet"]
        attributes = {name: subnet[name] for name in ("SubnetId", "VpcId", "AvailabilityZone", "CidrBlock")}
        return self.update(resource, Made(subnet["SubnetId"], attributes))

    def update(self, resource: Resource, made: Made) -> Made:
        """Let it give public addresses, or not."""
        public = {"Value": resource.get("MapPublicIpOnLaunch", False)}
        resource.call("ec2", "modify_subnet_attribute", SubnetId=made.ref, MapPublicIpOnLaunch=public)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the subnet away."""
        resource.call("ec2", "delete_subnet", SubnetId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The subnet as the service has it."""
        [found] = resource.call("ec2", "describe_subnets", SubnetIds=[made.ref])["Subnets"]
        return found


@handles("AWS::EC2::RouteTable")
class RouteTable(Handler):
    """A table of routes, which starts with the way to its own VPC."""

    applied = frozenset({"Tags", "VpcId"})

    def create(self, resource: Resource) -> Made:
        """Make the table."""
        tags = resource.tag_specifications("route-table")
        answer = resource.call("ec2", "create_route_table", TagSpecifications=tags, **resource.only("VpcId"))
        table = answer["RouteTable"]["RouteTableId"]
        return Made(table, {"RouteTableId": table})

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the table away."""
        resource.call("ec2", "delete_route_table", RouteTableId=made.ref)


@handles("AWS::EC2::SubnetRouteTableAssociation")
class SubnetRouteTableAssociation(Handler):
    """The table that a subnet's packets are routed by."""

    applied = frozenset({"RouteTableId", "SubnetId"})

    def create(self, resource: Resource) -> Made:
        """Put the subnet under the table."""
        association = resource.call("ec2", "associate_route_table", **resource.properties)["AssociationId"]
        return Made(association, {"Id": association})

    def delete(self, resource: Resource, made: Made) -> None:
        """Put the subnet back under the VPC's main table."""
        resource.call("ec2", "disassociate_route_table", AssociationId=made.ref)


@handles("AWS::EC2::Route")
class Route(Handler):
    """A way for the packets to some addresses."""

    applied = frozenset({"DestinationCidrBlock", "GatewayId", "NatGatewayId", "RouteTableId"})

    def create(self, resource: Resource) -> Made:
        """Make the route."""
        resource.call("ec2", "create_route", **resource.properties)
        destination = resource.get("DestinationCidrBlock")
        return Made(f"{resource.get('RouteTableId')}|{destination}", {"CidrBlock": destination})

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the route away."""
        table, destination = made.ref.split("|")
        resource.call("ec2", "delete_route", RouteTableId=table, DestinationCidrBlock=destination)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The route as its table has it."""
        table, destination = made.ref.split("|")
        [found] = resource.call("ec2", "describe_route_tables", RouteTableIds=[table])["RouteTables"]
        return next(route for route in found["Routes"] if route.get("DestinationCidrBlock") == destination)
