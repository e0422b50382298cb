"""What connects a VPC to the internet: internet and NAT gateways, and their public addresses."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::EC2::InternetGateway")
class InternetGateway(Handler):
    """An internet gateway."""

    applied = frozenset({"Tags"})

    def create(self, resource: Resource) -> Made:
        """Create the gateway."""
        tags = resource.tag_specifications("internet-gateway")
        answer = resource.call("ec2", "create_internet_gateway", TagSpecifications=tags)
        gateway = answer["InternetGateway"]["InternetGatewayId"]
        return Made(gateway, {"InternetGatewayId": gateway})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the gateway."""
        resource.call("ec2", "delete_internet_gateway", InternetGatewayId=made.ref)


@handles("AWS::EC2::VPCGatewayAttachment")
class VpcGatewayAttachment(Handler):
    """The attachment of an internet gateway to a VPC."""

    applied = frozenset({"InternetGatewayId", "VpcId"})

    def create(self, resource: Resource) -> Made:
        """Attach the gateway."""
        resource.call("ec2", "attach_internet_gateway", **resource.properties)
        kind = f"IGW|{resource.get('VpcId')}"
        return Made(kind, {"AttachmentType": "IGW"})

    def delete(self, resource: Resource, made: Made) -> None:
        """Detach the gateway."""
        resource.call("ec2", "detach_internet_gateway", **resource.properties)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """What the gateway is attached to."""
        gateways = [resource.get("InternetGatewayId")]
        answer = resource.call("ec2", "describe_internet_gateways", InternetGatewayIds=gateways)
        return {"VpcId": answer["InternetGateways"][0]["Attachments"][0]["VpcId"]}


@handles("AWS::EC2::EIP")
class Eip(Handler):
    """A public address."""

    applied = frozenset({"Domain", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Allocate an address."""
        tags = resource.tag_specifications("elastic-ip")
        answer = resource.call("ec2", "allocate_address", TagSpecifications=tags, **resource.only("Domain"))
        address, allocation = answer["PublicIp"], answer["AllocationId"]
        return Made(address, {"AllocationId": allocation, "PublicIp": address})

    def delete(self, resource: Resource, made: Made) -> None:
        """Release the address."""
        resource.call("ec2", "release_address", AllocationId=made.attributes["AllocationId"])


@handles("AWS::EC2::NatGateway")
class NatGateway(Handler):
    """A NAT gateway, through which subnets without public addresses reach the internet."""

    applied = frozenset({"AllocationId", "ConnectivityType", "SubnetId", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Create the gateway."""
        tags = resource.tag_specifications("natgateway")
        given = resource.without("Tags")
        answer = resource.call("ec2", "create_nat_gateway", TagSpecifications=tags, **given)
        gateway = answer["NatGateway"]["NatGatewayId"]
        return Made(gateway, {"NatGatewayId": gateway})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the gateway."""
        resource.call("ec2", "delete_nat_gateway", NatGatewayId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The gateway as the service describes it, with its one address."""
        answer = resource.call("ec2", "describe_nat_gateways", NatGatewayIds=[made.ref])
        found = answer["NatGateways"][0]
        return {"SubnetId": found["SubnetId"], "AllocationId": found["NatGatewayAddresses"][0]["AllocationId"]}
