"""KMS keys and aliases."""

from __future__ import annotations

import json
from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::KMS::Key")
class Key(Handler):
    """A key and its policy."""

    applied = frozenset(
        {"Description", "EnableKeyRotation", "Enabled", "KeyPolicy", "KeySpec", "KeyUsage", "MultiRegion"}
        | {"PendingWindowInDays", "RotationPeriodInDays", "Tags"}
    )

    def create(self, resource: Resource) -> Made:
        """Create the key."""
        tags = [{"TagKey": key, "TagValue": value} for key, value in resource.tags().items()]
        policy = resource.get("KeyPolicy")
        answer = resource.call(
            "kms",
            "create_key",
            Policy=json.dumps(policy) if policy else None,
            Tags=tags or None,
            **resource.only("Description", "KeySpec", "KeyUsage", "MultiRegion"),
        )
        key = answer["KeyMetadata"]
        self._switch(resource, key["KeyId"])
        return Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change description, policy and rotation in place: a key is never recreated."""
        key = {"KeyId": made.ref}
        if "Description" in resource.properties:
            resource.call("kms", "update_key_description", **key, **resource.only("Description"))
        if policy := resource.get("KeyPolicy"):
            resource.call("kms", "put_key_policy", **key, PolicyName="default", Policy=json.dumps(policy))
        self._switch(resource, made.ref)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Schedule the key's deletion, as CloudFormation does."""
        resource.call("kms", "schedule_key_deletion", KeyId=made.ref, **resource.only("PendingWindowInDays"))

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The key's policy and rotation."""
        rotation = resource.call("kms", "get_key_rotation_status", KeyId=made.ref)
        policy = resource.call("kms", "get_key_policy", KeyId=made.ref, PolicyName="default")["Policy"]
        return {"EnableKeyRotation": rotation["KeyRotationEnabled"], "KeyPolicy": json.loads(policy)}

    def _switch(self, resource: Resource, key: str) -> None:
        if str(resource.get("EnableKeyRotation", "")).lower() == "true":
            resource.call("kms", "enable_key_rotation", KeyId=key, **resource.only("RotationPeriodInDays"))
        if str(resource.get("Enabled", "")).lower() == "false":
            resource.call("kms", "disable_key", KeyId=key)


@handles("AWS::KMS::Alias")
class Alias(Handler):
    """An alias of a key."""

    applied = frozenset({"AliasName", "TargetKeyId"})

    def create(self, resource: Resource) -> Made:
        """Create the alias."""
        resource.call("kms", "create_alias", **resource.properties)
        return Made(resource.get("AliasName"))

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the alias."""
        resource.call("kms", "delete_alias", AliasName=made.ref)
