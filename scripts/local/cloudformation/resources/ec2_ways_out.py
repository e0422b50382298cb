"""What joins a VPC to public addresses: internet and NAT gateways, and the addresses they have."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::EC2::InternetGateway")
class InternetGateway(Handler):
    """A gateway that a VPC may be joined to."""

    applied = frozenset({"Tags"})

    def create(self, resource: Resource) -> Made:
        """Make the gateway."""
        tags = resource.tag_specifications("internet-gateway")
        answer = resource.call("ec2", "create_internet_gateway", TagSpecifications=tags)
        gateway = answer["InternetGateway"]["InternetGatewayId"]
        return Made(gateway, {"InternetGatewayId": gateway})

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the gateway away."""
        resource.call("ec2", "delete_internet_gateway", InternetGatewayId=made.ref)


@handles("AWS::EC2::VPCGatewayAttachment")
class VpcGatewayAttachment(Handler):
    """A VPC joined to its internet gateway."""

    applied = frozenset({"InternetGatewayId", "VpcId"})

    def create(self, resource: Resource) -> Made:
        """Join the two."""
        resource.call("ec2", "attach_internet_gateway", **resource.properties)
        kind = f"IGW|{resource.get('VpcId')}"
        return Made(kind, {"AttachmentType": "IGW"})

    def delete(self, resource: Resource, made: Made) -> None:
        """Part the two."""
        resource.call("ec2", "detach_internet_gateway", **resource.properties)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """What the gateway is joined to."""
        gateways = [resource.get("InternetGatewayId")]
        answer = resource.call("ec2", "describe_internet_gateways", InternetGatewayIds=gateways)
        return {"VpcId": answer["InternetGateways"][0]["Attachments"][0]["VpcId"]}


@handles("AWS::EC2::EIP")
class Eip(Handler):
    """A public address."""

    applied = frozenset({"Domain", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Take an address."""
        tags = resource.tag_specifications("elastic-ip")
        answer = resource.call("ec2", "allocate_address", TagSpecifications=tags, **resource.only("Domain"))
        address, allocation = answer["PublicIp"], answer["AllocationId"]
        return Made(address, {"AllocationId": allocation, "PublicIp": address})

    def delete(self, resource: Resource, made: Made) -> None:
        """Give the address back."""
        resource.call("ec2", "release_address", AllocationId=made.attributes["AllocationId"])


@handles("AWS::EC2::NatGateway")
class NatGateway(Handler):
    """A gateway through which subnets without public addresses reach such."""

    applied = frozenset({"AllocationId", "ConnectivityType", "SubnetId", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Make the gateway."""
        tags = resource.tag_specifications("natgateway")
        given = resource.without("Tags")
        answer = resource.call("ec2", "create_nat_gateway", TagSpecifications=tags, **given)
        gateway = answer["NatGateway"]["NatGatewayId"]
        return Made(gateway, {"NatGatewayId": gateway})

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the gateway away."""
        resource.call("ec2", "delete_nat_gateway", NatGatewayId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The gateway as the service has it, with its one address."""
        answer = resource.call("ec2", "describe_nat_gateways", NatGatewayIds=[made.ref])
        found = answer["NatGateways"][0]
        return {"SubnetId": found["SubnetId"], "AllocationId": found["NatGatewayAddresses"][0]["AllocationId"]}
