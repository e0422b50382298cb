"""A bucket whose objects are copied to another region as they are written, by a role that can do nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk.aws_s3 import CfnBucket, IBucket

from infra.constructs.pii_key import admit_to_personal_data
from infra.conventions.findings import accept, wildcard
from shared.replica_names import copy_bucket, copy_key

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from infra.constructs.private_bucket import PrivateBucket
    from shared.config import Environment

RULE = "copy"
READING = ("s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging")
WRITING = ("s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags")


@dataclass(frozen=True, kw_only=True)
class ReplicatedBucket:
    """A bucket and the name of the one with its copy."""

    bucket: IBucket
    copy: str


def replicate_bucket(
    bucket: PrivateBucket,
    what: str,
    *,
    environment: Environment,
    region: str,
    key: kms.IKey,
    is_personal: bool,
    is_admitted: bool,
) -> ReplicatedBucket:
    """Have S3 copy each new object of a bucket, and each deletion, to the bucket and key of its copy.

    Objects arrive in any order, most within minutes; existing ones are not copied. The other stack is in another
    region, so its resources are referred to by name.

    Args:
        bucket: The bucket.
        what: Which bucket it is, as in the name of its copy.
        environment: The environment.
        region: The region of the copy.
        key: The key of the bucket.
        is_personal: Whether it has the key of personal data.
        is_admitted: Whether some of its objects are read only by those admitted to personal data.
    """
    stack, env = Stack.of(bucket), environment.name
    copy, alias = copy_bucket(env, what, stack.account), copy_key(env, is_personal=is_personal)
    to = stack.format_arn(service="s3", region="", account="", resource=copy, arn_format=ArnFormat.NO_RESOURCE_NAME)
    # S3 gives neither account nor bucket when it assumes a role; who may pass it this one is up to iam:PassRole.
    role = iam.Role(bucket, "CopyRole", assumed_by=iam.ServicePrincipal("s3.amazonaws.com"))
    keys = stack.format_arn(service="kms", region=region, resource="key", resource_name="*")
    of_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}
    for actions, resource, conditions in (
        (("s3:GetReplicationConfiguration", "s3:ListBucket"), bucket.bucket_arn, None),
        (READING, bucket.arn_for_objects("*"), None),
        (WRITING, f"{to}/*", None),
        (("kms:Decrypt",), key.key_arn, None),
        (("kms:Encrypt",), keys, of_alias),
    ):
        role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions))
    if is_admitted:
        admit_to_personal_data(role)
    accept(
        role,
        {
            wildcard(f"<{stack.get_logical_id(_resource(bucket))}.Arn>/*"): "every object is copied",
            wildcard(f"arn:<AWS::Partition>:s3:::{copy.replace(stack.account, '<AWS::AccountId>')}/*"): "as above",
            wildcard(
                f"arn:<AWS::Partition>:kms:{region}:<AWS::AccountId>:key/*"
            ): "a key of another region's stack is named by its alias, in a condition",
        },
    )
    _replicate(bucket, role, to, f"{keys.removesuffix('key/*')}{alias}")
    return ReplicatedBucket(bucket=bucket, copy=copy)


def _replicate(bucket: PrivateBucket, role: iam.Role, to: str, key: str) -> None:
    rule = CfnBucket.ReplicationRuleProperty(
        id=RULE,
        status="Enabled",
        priority=1,
        filter=CfnBucket.ReplicationRuleFilterProperty(prefix=""),
        # What is deleted here, such as by an erasure, must be deleted there.
        delete_marker_replication=CfnBucket.DeleteMarkerReplicationProperty(status="Enabled"),
        source_selection_criteria=CfnBucket.SourceSelectionCriteriaProperty(
            sse_kms_encrypted_objects=CfnBucket.SseKmsEncryptedObjectsProperty(status="Enabled")
        ),
        destination=CfnBucket.ReplicationDestinationProperty(
            bucket=to,
            encryption_configuration=CfnBucket.EncryptionConfigurationProperty(replica_kms_key_id=key),
            metrics=CfnBucket.MetricsProperty(status="Enabled"),
        ),
    )
    _resource(bucket).replication_configuration = CfnBucket.ReplicationConfigurationProperty(
        role=role.role_arn, rules=[rule]
    )


def _resource(bucket: PrivateBucket) -> CfnBucket:
    resource = bucket.node.default_child
    assert isinstance(resource, CfnBucket)  # noqa: S101 - narrows the type
    return resource
