"""Security groups and their rules."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource

EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@handles("AWS::EC2::SecurityGroup")
class SecurityGroup(Handler):
    """A security group with its inline rules."""

    applied = frozenset({"GroupDescription", "SecurityGroupEgress", "SecurityGroupIngress", "Tags", "VpcId"})

    def create(self, resource: Resource) -> Made:
        """Create the group; its own egress rules replace the default one that allows all traffic out."""
        answer = resource.call(
            "ec2",
            "create_security_group",
            GroupName=resource.name,
            Description=resource.get("GroupDescription"),
            VpcId=resource.get("VpcId"),
            TagSpecifications=resource.tag_specifications("security-group"),
        )
        group = answer["GroupId"]
        if "SecurityGroupEgress" in resource.properties:
            resource.call("ec2", "revoke_security_group_egress", GroupId=group, IpPermissions=[EVERYWHERE])
        for rule in resource.get("SecurityGroupEgress", []):
            resource.call("ec2", "authorize_security_group_egress", GroupId=group, IpPermissions=[_permission(rule)])
        for rule in resource.get("SecurityGroupIngress", []):
            resource.call("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=[_permission(rule)])
        return Made(group, {"GroupId": group, "Id": group, "VpcId": resource.get("VpcId")})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the group."""
        resource.call("ec2", "delete_security_group", GroupId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The group as the service describes it, rules in the words of templates."""
        [found] = resource.call("ec2", "describe_security_groups", GroupIds=[made.ref])["SecurityGroups"]
        return {
            "GroupDescription": found["Description"],
            "VpcId": found["VpcId"],
            "SecurityGroupEgress": [rule for p in found["IpPermissionsEgress"] for rule in _ranges(p)],
        }


@handles("AWS::EC2::SecurityGroupIngress")
class SecurityGroupIngress(Handler):
    """A rule of a group that admits another group or addresses."""

    applied = frozenset(
        {"CidrIp", "Description", "FromPort", "GroupId", "IpProtocol", "SourceSecurityGroupId", "ToPort"}
    )

    def create(self, resource: Resource) -> Made:
        """Add the rule."""
        rule = _permission(resource.without("GroupId"))
        group = resource.get("GroupId")
        answer = resource.call("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=[rule])
        made = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return Made(made, {"Id": made})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the rule."""
        group = self._found(resource, made)["GroupId"]
        resource.call("ec2", "revoke_security_group_ingress", GroupId=group, SecurityGroupRuleIds=[made.ref])

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The rule as the service describes it."""
        found = self._found(resource, made)
        admits = {
            "CidrIp": found.get("CidrIpv4"),
            "SourceSecurityGroupId": found.get("ReferencedGroupInfo", {}).get("GroupId"),
        }
        return {**found, **admits}

    def _found(self, resource: Resource, made: Made) -> dict[str, Any]:
        answer = resource.call("ec2", "describe_security_group_rules", SecurityGroupRuleIds=[made.ref])
        rule: dict[str, Any] = answer["SecurityGroupRules"][0]
        return rule


def _permission(rule: dict[str, Any]) -> dict[str, Any]:
    """A template's rule in the API's form, which has sources and destinations in lists."""
    made = {name: rule[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in rule}
    said = {"Description": rule["Description"]} if "Description" in rule else {}
    if "CidrIp" in rule:
        return made | {"IpRanges": [{"CidrIp": rule["CidrIp"], **said}]}
    return made | {"UserIdGroupPairs": [{"GroupId": rule["SourceSecurityGroupId"], **said}]}


def _ranges(permission: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules for addresses, which the API has merged into one."""
    shared = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
    return [shared | {"CidrIp": r["CidrIp"], "Description": r.get("Description")} for r in permission["IpRanges"]]
