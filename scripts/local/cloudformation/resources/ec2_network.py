"""VPCs, their subnets and routes. They are stored and returned; no packet passes through them on a laptop."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::EC2::VPC")
class Vpc(Handler):
    """A VPC; an update switches its DNS settings in place."""

    _switches = ("EnableDnsSupport", "EnableDnsHostnames")
    applied = frozenset({"CidrBlock", "InstanceTenancy", "Tags", *_switches})

    def create(self, resource: Resource) -> Made:
        """Create the VPC."""
        given = resource.only("CidrBlock", "InstanceTenancy")
        answer = resource.call("ec2", "create_vpc", TagSpecifications=resource.tag_specifications("vpc"), **given)
        vpc = answer["Vpc"]["VpcId"]
        return self.update(resource, Made(vpc, {"VpcId": vpc, "CidrBlock": answer["Vpc"]["CidrBlock"]}))

    def update(self, resource: Resource, made: Made) -> Made:
        """Switch its DNS settings; the API takes one at a time."""
        for name, value in resource.only(*self._switches).items():
            resource.call("ec2", "modify_vpc_attribute", VpcId=made.ref, **{name: {"Value": value}})
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the VPC."""
        resource.call("ec2", "delete_vpc", VpcId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The VPC as the service describes it."""
        [found] = resource.call("ec2", "describe_vpcs", VpcIds=[made.ref])["Vpcs"]
        for name in self._switches:
            attribute = name[0].lower() + name[1:]
            answer = resource.call("ec2", "describe_vpc_attribute", VpcId=made.ref, Attribute=attribute)
            found[name] = answer[name]["Value"]
        return found


@handles("AWS::EC2::Subnet")
class Subnet(Handler):
    """A subnet in a zone; an update changes in place whether it assigns public addresses."""

    applied = frozenset({"AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"})

    def create(self, resource: Resource) -> Made:
        """Create the subnet."""
        given = resource.only("AvailabilityZone", "CidrBlock", "VpcId")
        tags = resource.tag_specifications("subnet")
        subnet = resource.call("ec2", "create_subnet", TagSpecifications=tags, **given)["Subnet"]
        attributes = {name: subnet[name] for name in ("SubnetId", "VpcId", "AvailabilityZone", "CidrBlock")}
        return self.update(resource, Made(subnet["SubnetId"], attributes))

    def update(self, resource: Resource, made: Made) -> Made:
        """Change whether it assigns public addresses."""
        public = {"Value": resource.get("MapPublicIpOnLaunch", False)}
        resource.call("ec2", "modify_subnet_attribute", SubnetId=made.ref, MapPublicIpOnLaunch=public)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the subnet."""
        resource.call("ec2", "delete_subnet", SubnetId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The subnet as the service describes it."""
        [found] = resource.call("ec2", "describe_subnets", SubnetIds=[made.ref])["Subnets"]
        return found


@handles("AWS::EC2::RouteTable")
class RouteTable(Handler):
    """A route table, which begins with the route within its own VPC."""

    applied = frozenset({"Tags", "VpcId"})

    def create(self, resource: Resource) -> Made:
        """Create the table."""
        tags = resource.tag_specifications("route-table")
        answer = resource.call("ec2", "create_route_table", TagSpecifications=tags, **resource.only("VpcId"))
        table = answer["RouteTable"]["RouteTableId"]
        return Made(table, {"RouteTableId": table})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the table."""
        resource.call("ec2", "delete_route_table", RouteTableId=made.ref)


@handles("AWS::EC2::SubnetRouteTableAssociation")
class SubnetRouteTableAssociation(Handler):
    """The association of a subnet with a route table."""

    applied = frozenset({"RouteTableId", "SubnetId"})

    def create(self, resource: Resource) -> Made:
        """Associate the subnet with the route table."""
        association = resource.call("ec2", "associate_route_table", **resource.properties)["AssociationId"]
        return Made(association, {"Id": association})

    def delete(self, resource: Resource, made: Made) -> None:
        """Return the subnet to the VPC's main route table."""
        resource.call("ec2", "disassociate_route_table", AssociationId=made.ref)


@handles("AWS::EC2::Route")
class Route(Handler):
    """A route to some addresses."""

    applied = frozenset({"DestinationCidrBlock", "GatewayId", "NatGatewayId", "RouteTableId"})

    def create(self, resource: Resource) -> Made:
        """Create the route."""
        resource.call("ec2", "create_route", **resource.properties)
        destination = resource.get("DestinationCidrBlock")
        return Made(f"{resource.get('RouteTableId')}|{destination}", {"CidrBlock": destination})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the route."""
        table, destination = made.ref.split("|")
        resource.call("ec2", "delete_route", RouteTableId=table, DestinationCidrBlock=destination)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The route as its table describes it."""
        table, destination = made.ref.split("|")
        [found] = resource.call("ec2", "describe_route_tables", RouteTableIds=[table])["RouteTables"]
        return next(route for route in found["Routes"] if route.get("DestinationCidrBlock") == destination)
