"""IAM roles and policies. They are stored and returned; on a laptop they refuse nothing."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource

_AWS_POLICY = "arn:aws:iam::aws:policy"


@handles("AWS::IAM::Role")
class Role(Handler):
    """A role with its trust policy and its inline policies."""

    applied = frozenset(
        {"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path"}
        | {"PermissionsBoundary", "Policies", "RoleName", "Tags"}
    )

    def create(self, resource: Resource) -> Made:
        """Create the role, then its policies."""
        name = resource.get("RoleName", resource.name)
        role = resource.call(
            "iam",
            "create_role",
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(resource.get("AssumeRolePolicyDocument")),
            **resource.only("Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags"),
        )["Role"]
        self._grant(resource, name)
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change trust and policies in place: others refer to the role."""
        trust = json.dumps(resource.get("AssumeRolePolicyDocument"))
        resource.call("iam", "update_assume_role_policy", RoleName=made.ref, PolicyDocument=trust)
        self._grant(resource, made.ref)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the role and its policies."""
        role = {"RoleName": made.ref}
        for policy in resource.call("iam", "list_attached_role_policies", **role)["AttachedPolicies"]:
            resource.call("iam", "detach_role_policy", **role, PolicyArn=policy["PolicyArn"])
        for name in resource.call("iam", "list_role_policies", **role)["PolicyNames"]:
            resource.call("iam", "delete_role_policy", **role, PolicyName=name)
        resource.call("iam", "delete_role", **role)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The role's trust, duration and attached policies."""
        role = resource.call("iam", "get_role", RoleName=made.ref)["Role"]
        attached = resource.call("iam", "list_attached_role_policies", RoleName=made.ref)["AttachedPolicies"]
        arns = [policy["PolicyArn"] for policy in attached]
        wanted = resource.get("ManagedPolicyArns", [])
        return {
            "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
            "ManagedPolicyArns": [arn for arn in wanted if arn in arns],
            "Path": role["Path"],
        }

    def _grant(self, resource: Resource, name: str) -> None:
        for arn in resource.get("ManagedPolicyArns", []):
            _know(resource, arn)
            resource.call("iam", "attach_role_policy", RoleName=name, PolicyArn=arn)
        for policy in resource.get("Policies", []):
            _put(resource, name, policy["PolicyName"], policy["PolicyDocument"])


@cache
def _aws_policies() -> dict[str, dict[str, Any]]:
    """AWS's managed policies by name, from moto's data."""
    return json.loads(aws_managed_policies_data)


def _know(resource: Resource, arn: str) -> None:
    """Add one of AWS's managed policies to moto, which would otherwise load all 1,300."""
    backend = iam_backends[resource.account]["aws"]
    name = arn.rpartition("/")[2]
    if arn.startswith(_AWS_POLICY) and arn not in backend.managed_policies and name in _aws_policies():
        data = _aws_policies()[name]
        backend.managed_policies[arn] = AWSManagedPolicy.from_data(name, resource.account, resource.region, data)


def _put(resource: Resource, role: str, name: str, document: dict[str, Any]) -> None:
    text = json.dumps(document)
    resource.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=text)


@handles("AWS::IAM::Policy")
class Policy(Handler):
    """An inline policy of roles."""

    applied = frozenset({"PolicyDocument", "PolicyName", "Roles"})

    def create(self, resource: Resource) -> Made:
        """Put the policy into every role."""
        name = resource.get("PolicyName")
        for role in resource.get("Roles", []):
            _put(resource, role, name, resource.get("PolicyDocument"))
        return Made(name, {"Id": name})

    def update(self, resource: Resource, made: Made) -> Made:
        """Replace the old policy with the new one."""
        return self.create(resource)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The policy of the first role."""
        roles = resource.get("Roles", [])
        if not roles:
            return {}
        found = resource.call("iam", "get_role_policy", RoleName=roles[0], PolicyName=made.ref)
        return {"PolicyDocument": found["PolicyDocument"]}


@handles("AWS::IAM::OIDCProvider")
class OidcProvider(Handler):
    """An identity provider whose tokens can be exchanged for a role."""

    applied = frozenset({"ClientIdList", "Tags", "ThumbprintList", "Url"})

    def create(self, resource: Resource) -> Made:
        """Create the provider; AWS itself needs no thumbprint for the providers it knows."""
        arn = resource.call(
            "iam",
            "create_open_id_connect_provider",
            Url=resource.get("Url"),
            ThumbprintList=resource.get("ThumbprintList", []),
            ClientIDList=resource.get("ClientIdList", []),
        )["OpenIDConnectProviderArn"]
        return Made(arn, {"Arn": arn})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the provider."""
        resource.call("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn=made.ref)


@handles("AWS::IAM::ManagedPolicy")
class ManagedPolicy(Handler):
    """A managed policy, attached to roles."""

    applied = frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"})

    def create(self, resource: Resource) -> Made:
        """Create the policy and attach it."""
        arn = resource.call(
            "iam",
            "create_policy",
            PolicyName=resource.get("ManagedPolicyName", resource.name),
            PolicyDocument=json.dumps(resource.get("PolicyDocument")),
            **resource.only("Description", "Path"),
        )["Policy"]["Arn"]
        for role in resource.get("Roles", []):
            resource.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
        return Made(arn, {"PolicyArn": arn})

    def delete(self, resource: Resource, made: Made) -> None:
        """Detach the policy and delete it."""
        for role in resource.get("Roles", []):
            resource.call("iam", "detach_role_policy", RoleName=role, PolicyArn=made.ref)
        resource.call("iam", "delete_policy", PolicyArn=made.ref)
