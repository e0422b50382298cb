"""Secrets and their policies."""

from __future__ import annotations

import json
from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource

_TEMPLATE = ("SecretStringTemplate", "GenerateStringKey")


@handles("AWS::SecretsManager::Secret")
class Secret(Handler):
    """A secret; without a value, unless the template gives or generates one."""

    applied = frozenset(
        {"Description", "GenerateSecretString", "KmsKeyId", "Name", "ReplicaRegions", "SecretString", "Tags"}
    )

    def create(self, resource: Resource) -> Made:
        """Create the secret, with a generated value if the template asks for one."""
        answer = resource.call(
            "secretsmanager",
            "create_secret",
            Name=resource.get("Name", resource.name),
            SecretString=self._value(resource),
            **resource.only("Description", "KmsKeyId", "Tags"),
        )
        _replicate(resource, answer["ARN"], resource.get("ReplicaRegions", []))
        return Made(answer["ARN"], {"Id": answer["ARN"]})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the secret's settings; a generated value stays as it is."""
        given = resource.only("Description", "KmsKeyId", "SecretString")
        resource.call("secretsmanager", "update_secret", SecretId=made.ref, **given)
        _replicate(resource, made.ref, resource.get("ReplicaRegions", []))
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the secret at once, so that its name is free again; its replicas must go first."""
        _replicate(resource, made.ref, [])
        resource.call("secretsmanager", "delete_secret", SecretId=made.ref, ForceDeleteWithoutRecovery=True)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The secret as the service describes it."""
        found = resource.call("secretsmanager", "describe_secret", SecretId=made.ref)
        return {name: found.get(name) for name in ("Name", "Description", "KmsKeyId") if name in found}

    def _value(self, resource: Resource) -> str | None:
        rules = resource.get("GenerateSecretString")
        if rules is None:
            return resource.get("SecretString")
        given = {key: value for key, value in rules.items() if key not in _TEMPLATE}
        password = resource.call("secretsmanager", "get_random_password", **given)["RandomPassword"]
        if "GenerateStringKey" not in rules:
            return password
        return json.dumps({**json.loads(rules["SecretStringTemplate"]), rules["GenerateStringKey"]: password})


def _replicate(resource: Resource, secret: str, wanted: list[dict[str, str]]) -> None:
    """Replicate the secret to the wanted regions, and remove replicas from all others."""
    found = resource.call("secretsmanager", "describe_secret", SecretId=secret).get("ReplicationStatus", [])
    there, regions = {replica["Region"] for replica in found}, {replica["Region"] for replica in wanted}
    if too_many := sorted(there - regions):
        of = {"SecretId": secret, "RemoveReplicaRegions": too_many}
        resource.call("secretsmanager", "remove_regions_from_replication", **of)
    if missing := [replica for replica in wanted if replica["Region"] not in there]:
        of = {"SecretId": secret, "AddReplicaRegions": missing}
        resource.call("secretsmanager", "replicate_secret_to_regions", **of)


@handles("AWS::SecretsManager::ResourcePolicy")
class ResourcePolicy(Handler):
    """The policy of a secret."""

    applied = frozenset({"SecretId", "ResourcePolicy"})
    idle = because(BlockPublicPolicy="nobody outside reaches a laptop's secrets")

    def create(self, resource: Resource) -> Made:
        """Put the policy on the secret."""
        policy = json.dumps(resource.get("ResourcePolicy"))
        resource.call("secretsmanager", "put_resource_policy", SecretId=resource.get("SecretId"), ResourcePolicy=policy)
        return Made(resource.get("SecretId"))

    def update(self, resource: Resource, made: Made) -> Made:
        """Replace the old policy with the new one."""
        return self.create(resource)
