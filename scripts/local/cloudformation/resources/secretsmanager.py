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

    applied = frozenset({"Description", "GenerateSecretString", "KmsKeyId", "Name", "SecretString", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Make the secret, with a generated value where the template asks for one."""
        answer = resource.call(
            "secretsmanager",
            "create_secret",
            Name=resource.get("Name", resource.name),
            SecretString=self._value(resource),
            **resource.only("Description", "KmsKeyId", "Tags"),
        )
        return Made(answer["ARN"], {"Id": answer["ARN"]})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change what is written about the secret; a generated value stays as it is."""
        given = resource.only("Description", "KmsKeyId", "SecretString")
        resource.call("secretsmanager", "update_secret", SecretId=made.ref, **given)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the secret away at once, so that its name is free again."""
        resource.call("secretsmanager", "delete_secret", SecretId=made.ref, ForceDeleteWithoutRecovery=True)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The secret as the service has it."""
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


@handles("AWS::SecretsManager::ResourcePolicy")
class ResourcePolicy(Handler):
    """Who may read a secret."""

    applied = frozenset({"SecretId", "ResourcePolicy"})
    idle = because(BlockPublicPolicy="nobody outside reaches a laptop's secrets")

    def create(self, resource: Resource) -> Made:
        """Put the policy on the secret."""
        policy = json.dumps(resource.get("ResourcePolicy"))
        resource.call("secretsmanager", "put_resource_policy", SecretId=resource.get("SecretId"), ResourcePolicy=policy)
        return Made(resource.get("SecretId"))

    def update(self, resource: Resource, made: Made) -> Made:
        """Put the new policy in place of the old."""
        return self.create(resource)
