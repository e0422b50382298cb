"""The key of personal data, and the policies that close what it encrypts to everybody who is not admitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from infra.conventions.retention import KEPT
from shared.key_policy import ADMITTED, TAG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_s3 as s3
    from constructs import Construct, IConstruct

    from shared.config import Environment


class PiiKey(kms.Key):
    """A rotating key that denies its use to principals without the tag of admission, whatever their policies grant.

    The policy names a tag and not the roles' ARNs, since their stack needs the key, and the two would depend on each
    other. Objects are read only with the tag and the right; the bucket itself is still managed by whoever deploys.

    Example:
        key = PiiKey(self, "PiiKey", environment=env)
        close_to_others(PrivateBucket(self, "Pii", key=key, ...))
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            id_,
            enable_key_rotation=True,
            description=f"Lakewright {environment.name}: personal data",
            removal_policy=KEPT,
        )
        self.add_to_resource_policy(_denied(["kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"], ["*"]))


def close_to_others(bucket: s3.Bucket) -> None:
    """Deny the objects of a bucket to everybody who is not admitted, whoever made its key."""
    actions = ["s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*"]
    bucket.add_to_resource_policy(_denied(actions, [bucket.arn_for_objects("*")]))


def close_files_to_others(bucket: s3.Bucket, keys: Sequence[str]) -> None:
    """Deny reading some keys of a bucket to everybody who is not admitted; others may still put files there."""
    if keys:
        bucket.add_to_resource_policy(_denied(["s3:GetObject*"], [bucket.arn_for_objects(key) for key in keys]))


def close_secret_to_others(secret: secretsmanager.CfnSecret) -> None:
    """Deny the value of a secret to everybody who is not admitted, whatever their own policies grant."""
    document = iam.PolicyDocument(statements=[_denied(["secretsmanager:GetSecretValue"], ["*"])])
    secretsmanager.CfnResourcePolicy(
        secret, "Policy", secret_id=secret.ref, resource_policy=document, block_public_policy=True
    )


def admit_to_personal_data(role: IConstruct) -> None:
    """Tag a role as one that may use the key and the objects, where its own policy grants it."""
    Tags.of(role).add(TAG, ADMITTED)


def _denied(actions: list[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="DenyWhoIsNotAdmitted",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=actions,
        resources=resources,
        conditions={"StringNotEquals": {f"aws:PrincipalTag/{TAG}": ADMITTED}},
    )
