"""S3 buckets."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource

# property: (operation, argument), for the settings whose property is passed on unchanged as the argument
_SETTINGS = {
    "VersioningConfiguration": ("put_bucket_versioning", "VersioningConfiguration"),
    "OwnershipControls": ("put_bucket_ownership_controls", "OwnershipControls"),
    "PublicAccessBlockConfiguration": ("put_public_access_block", "PublicAccessBlockConfiguration"),
}


@handles("AWS::S3::Bucket")
class Bucket(Handler):
    """A bucket with its settings."""

    applied = frozenset(
        {
            "BucketName",
            "BucketEncryption",
            "LifecycleConfiguration",
            "NotificationConfiguration",
            "ReplicationConfiguration",
            "Tags",
            *_SETTINGS,
        }
    )
    idle = because(
        AccessControl="no access list is checked on a laptop; the templates use bucket owner enforced ownership",
        IntelligentTieringConfigurations="a laptop has one storage tier",
        InventoryConfigurations="no inventory is written on a laptop",
        LoggingConfiguration="no access log is written on a laptop",
        MetricsConfigurations="no request metrics are kept on a laptop",
        ObjectLockConfiguration="no retention is enforced on a laptop",
        ObjectLockEnabled="no retention is enforced on a laptop",
    )

    def create(self, resource: Resource) -> Made:
        """Create the bucket, then its settings."""
        name = resource.get("BucketName", resource.name)
        resource.call("s3", "create_bucket", Bucket=name)
        self._configure(resource, name)
        domain = f"{name}.s3.amazonaws.com"
        regional = f"{name}.s3.{resource.region}.amazonaws.com"
        return Made(name, {"Arn": f"arn:aws:s3:::{name}", "DomainName": domain, "RegionalDomainName": regional})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the settings in place; a bucket is never recreated."""
        self._configure(resource, made.ref)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the bucket, which the service refuses while it has objects."""
        resource.call("s3", "delete_bucket", Bucket=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The settings of the template as the service has them."""
        found: dict[str, Any] = {}
        bucket = {"Bucket": made.ref}
        if "VersioningConfiguration" in resource.properties:
            found["VersioningConfiguration"] = resource.call("s3", "get_bucket_versioning", **bucket)
        if "PublicAccessBlockConfiguration" in resource.properties:
            found |= resource.call("s3", "get_public_access_block", **bucket)
        if "BucketEncryption" in resource.properties:
            rules = resource.call("s3", "get_bucket_encryption", **bucket)["ServerSideEncryptionConfiguration"]["Rules"]
            found["BucketEncryption"] = _encryption_as_property(rules)
        return found

    def _configure(self, resource: Resource, name: str) -> None:
        for setting, (operation, argument) in _SETTINGS.items():
            if setting in resource.properties:
                resource.call("s3", operation, Bucket=name, **{argument: resource.get(setting)})
        if encryption := resource.get("BucketEncryption"):
            rules = [_encryption_as_rule(rule) for rule in encryption["ServerSideEncryptionConfiguration"]]
            configuration = {"Rules": rules}
            resource.call("s3", "put_bucket_encryption", Bucket=name, ServerSideEncryptionConfiguration=configuration)
        if lifecycle := resource.get("LifecycleConfiguration"):
            rules = [_lifecycle_rule(rule) for rule in lifecycle["Rules"]]
            configuration = {"Rules": rules}
            resource.call("s3", "put_bucket_lifecycle_configuration", Bucket=name, LifecycleConfiguration=configuration)
        if notification := resource.get("NotificationConfiguration"):
            configuration = _notification(notification)
            resource.call(
                "s3",
                "put_bucket_notification_configuration",
                Bucket=name,
                NotificationConfiguration=configuration,
            )
        if replication := resource.get("ReplicationConfiguration"):
            rules = [_with_its_id(rule) for rule in replication["Rules"]]
            configuration = {"Role": replication["Role"], "Rules": rules}
            resource.call("s3", "put_bucket_replication", Bucket=name, ReplicationConfiguration=configuration)
        if tags := resource.get("Tags"):
            resource.call("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": tags})


def _encryption_as_rule(rule: dict[str, Any]) -> dict[str, Any]:
    return {_ENCRYPTION.get(key, key): value for key, value in rule.items()}


def _encryption_as_property(rules: list[dict[str, Any]]) -> dict[str, Any]:
    names = {value: key for key, value in _ENCRYPTION.items()}
    return {
        "ServerSideEncryptionConfiguration": [
            {names.get(key, key): value for key, value in rule.items()} for rule in rules
        ]
    }


_ENCRYPTION = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A lifecycle rule in the API's form: CloudFormation writes expirations and transitions flat."""
    given = dict(rule)
    made: dict[str, Any] = {"Filter": {"Prefix": given.pop("Prefix", "")}}
    expiration = {
        name: given.pop(key)
        for key, name in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if key in given
    }
    if expiration:
        made["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in given:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": given.pop("NoncurrentVersionExpirationInDays")}
    for key, name in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")):
        if key in given:
            made[key] = [
                {"StorageClass": step["StorageClass"], name: step["TransitionInDays"]} for step in given.pop(key)
            ]
    if abort := given.pop("AbortIncompleteMultipartUpload", None):
        made["AbortIncompleteMultipartUpload"] = abort
    return made | _with_its_id(given)


def _with_its_id(rule: dict[str, Any]) -> dict[str, Any]:
    return {"ID" if key == "Id" else key: value for key, value in rule.items()}


def _notification(notification: dict[str, Any]) -> dict[str, Any]:
    """Only EventBridge is supported here; anything else fails as an unknown member."""
    given = dict(notification)
    bridge = given.pop("EventBridgeConfiguration", None)
    return given | ({"EventBridgeConfiguration": {}} if bridge is not None else {})
