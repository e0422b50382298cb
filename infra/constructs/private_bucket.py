"""A bucket without public access: encrypted, versioned, over TLS 1.2, with access logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3

from infra.conventions.retention import KEPT
from shared.retention import NONCURRENT_DAYS

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct


class PrivateBucket(s3.Bucket):
    """A private bucket. Only the prefixes given expire; S3 never removes current objects elsewhere.

    Without a key it is encrypted by S3 itself: a bucket that receives access logs cannot have a KMS key.

    Example:
        PrivateBucket(self, "Lake", key=key, access_logs=logs, expire={"staging/": 3})
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        key: kms.IKey | None = None,
        access_logs: s3.IBucket | None = None,
        expire: dict[str, int] | None = None,
        event_bridge: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            id_,
            bucket_name=name,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"access/{id_.lower()}/" if access_logs else None,
            lifecycle_rules=_lifecycle(expire or {}),
            removal_policy=KEPT,
        )
        if event_bridge:
            self._send_events()

    def _send_events(self) -> None:
        """Send events by the bucket's own setting; the CDK's option adds a Lambda and a custom resource."""
        resource = self.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows the type
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )


def _lifecycle(expire: dict[str, int]) -> list[s3.LifecycleRule]:
    housekeeping = s3.LifecycleRule(
        id="housekeeping",
        noncurrent_version_expiration=Duration.days(NONCURRENT_DAYS),
        abort_incomplete_multipart_upload_after=Duration.days(3),
        expired_object_delete_marker=True,
    )
    expirations = [
        s3.LifecycleRule(id=f"expire-{prefix.strip('/')}", prefix=prefix, expiration=Duration.days(days))
        for prefix, days in expire.items()
    ]
    return [housekeeping, *expirations]
