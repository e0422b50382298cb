"""A root the data lives under, and the rights to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.constructs.findings import seen_from_outside, wildcard

if TYPE_CHECKING:
    from constructs import Construct

_SCHEME = "s3://"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A root as jobs know it, and the bucket and prefix that stand behind it on AWS.

    A root that is a folder (a lake on a laptop) still has a bucket behind it, so that the template is the one of AWS.
    """

    root: str
    bucket: s3.IBucket
    prefix: str = ""

    @classmethod
    def of_bucket(cls, bucket: s3.IBucket, *, folder: str | None = None) -> Place:
        """The whole of a bucket, or a folder that takes its place on a laptop."""
        return cls(root=folder or f"{_SCHEME}{bucket.bucket_name}", bucket=bucket)

    @classmethod
    def existing(cls, scope: Construct, id_: str, root: str) -> Place:
        """A bucket, or a prefix in one, that is not ours: its own key and policy must admit the roles of the stack."""
        prefix = root.removeprefix(_SCHEME).partition("/")[2]
        bucket = s3.Bucket.from_bucket_name(scope, id_, _bucket(root))
        return cls(root=root.rstrip("/"), bucket=bucket, prefix=prefix.strip("/"))

    def read_statements(self, folder: str = "") -> list[iam.PolicyStatement]:
        """The rights to read and list the place, or one folder of it."""
        return [
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[self._objects(folder)]),
            self._list_statement(folder),
        ]

    def write_statements(self) -> list[iam.PolicyStatement]:
        """The rights to read, list, write and delete in the place."""
        objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        return [iam.PolicyStatement(actions=objects, resources=[self._objects("")]), self._list_statement("")]

    def put_statement(self, folder: str) -> iam.PolicyStatement:
        """The right to add objects to one folder."""
        return iam.PolicyStatement(actions=["s3:PutObject"], resources=[self._objects(folder)])

    @property
    def arn(self) -> str:
        """The bucket's ARN, or that of the prefix in it."""
        return f"{self.bucket.bucket_arn}/{self.prefix}" if self.prefix else self.bucket.bucket_arn

    def finding(self, folder: str = "") -> str:
        """What cdk-nag says about the statements of this place, read in another nested stack."""
        resource = self.bucket.node.default_child
        bucket = seen_from_outside(resource, "Arn") if resource else f"arn:<AWS::Partition>:s3:::{_bucket(self.root)}"
        return wildcard(f"{bucket}/{self.inside(folder, '*')}")

    def inside(self, *parts: str) -> str:
        """A key in the bucket."""
        return "/".join(part for part in (self.prefix, *parts) if part)

    def _objects(self, folder: str) -> str:
        return self.bucket.arn_for_objects(self.inside(folder, "*"))

    def _list_statement(self, folder: str) -> iam.PolicyStatement:
        inside = self.inside(folder)
        conditions = {"StringLike": {"s3:prefix": [inside, f"{inside}/*"]}} if inside else None
        actions = ["s3:ListBucket"]
        return iam.PolicyStatement(actions=actions, resources=[self.bucket.bucket_arn], conditions=conditions)


def is_bucket(root: str) -> bool:
    """Whether a configured root names an existing bucket, rather than a folder."""
    return root.startswith(_SCHEME)


def _bucket(root: str) -> str:
    return root.removeprefix(_SCHEME).partition("/")[0]
