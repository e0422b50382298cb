"""A root of data, and the rights to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.conventions.findings import seen_from_outside, wildcard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from constructs import Construct

WRITING = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
_SCHEME = "s3://"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A root as jobs know it, with its bucket and prefix on AWS.

    A root that is a folder (a lake on a laptop) still has a bucket, so that the templates are those of AWS.
    """

    root: str
    bucket: s3.IBucket
    prefix: str = ""

    @classmethod
    def of_bucket(cls, bucket: s3.IBucket, *, folder: str | None = None) -> Place:
        """A whole bucket, or a folder that replaces it on a laptop."""
        return cls(root=folder or f"{_SCHEME}{bucket.bucket_name}", bucket=bucket)

    @classmethod
    def existing(cls, scope: Construct, id_: str, root: str) -> Place:
        """An existing bucket, or a prefix in one: its key and policy must admit the roles of the stack."""
        prefix = root.removeprefix(_SCHEME).partition("/")[2]
        bucket = s3.Bucket.from_bucket_name(scope, id_, _bucket(root))
        return cls(root=root.rstrip("/"), bucket=bucket, prefix=prefix.strip("/"))

    def read_statements(self, folder: str = "") -> list[iam.PolicyStatement]:
        """The rights to read and list the place, or one folder of it."""
        return [
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[self._objects(folder)]),
            self._list_statement(folder),
        ]

    def lookup_statements(self, folder: str) -> list[iam.PolicyStatement]:
        """The rights to read one folder, and to learn that a key does not exist."""
        reading = iam.PolicyStatement(actions=["s3:GetObject"], resources=[self._objects(folder)])
        return [reading, *self.names_statements()]

    def job_statements(self, *, reads: Sequence[str], writes: Sequence[str]) -> list[iam.PolicyStatement]:
        """The rights that a job run needs in the place for Spark; none if it reads and writes nothing there.

        To a caller who may not list the bucket, S3 answers that a missing object is forbidden, and Spark looks for
        missing objects all the time. So a job may list every name, and read what it is granted.

        Args:
            reads: The keys it may read, in which `*` stands for any text.
            writes: The keys it may read, write and delete.
        """
        read = list(dict.fromkeys([*reads, *writes]))
        # Spark also looks for each folder above what it writes, as an object of the folder's name.
        above = dict.fromkeys(folder for key in read for folder in _folders(key))
        granted = {("s3:GetObject",): [*read, *above], WRITING: writes}
        statements = [
            iam.PolicyStatement(actions=list(actions), resources=[self._object(key) for key in keys])
            for actions, keys in granted.items()
            if keys
        ]
        return [*statements, *self.names_statements()] if read else []

    def names_statements(self) -> list[iam.PolicyStatement]:
        """The rights to list the place, and to learn that a key does not exist."""
        # A request for a missing key has no prefix, and a plain condition on it would refuse that.
        inside = self.inside()
        conditions = {"StringLikeIfExists": {"s3:prefix": [inside, f"{inside}/*"]}} if inside else None
        listing = iam.PolicyStatement(
            actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn], conditions=conditions
        )
        # Spark looks for the root of a place within a bucket as it does for any folder.
        folder = [iam.PolicyStatement(actions=["s3:GetObject"], resources=[self.arn])] if inside else []
        return [listing, *folder]

    def job_findings(self, reads: Sequence[str], writes: Sequence[str]) -> list[str]:
        """What cdk-nag finds in the statements of a job run in another nested stack."""
        return [self._found(key) for key in dict.fromkeys([*reads, *writes]) if "*" in key]

    def put_statement(self, folder: str) -> iam.PolicyStatement:
        """The right to add objects to one folder."""
        return iam.PolicyStatement(actions=["s3:PutObject"], resources=[self._objects(folder)])

    @property
    def arn(self) -> str:
        """The bucket's ARN, or that of the prefix in it."""
        return f"{self.bucket.bucket_arn}/{self.prefix}" if self.prefix else self.bucket.bucket_arn

    def finding(self, folder: str = "") -> str:
        """What cdk-nag finds in statements about this place in another nested stack."""
        return self._found("/".join(filter(None, (folder, "*"))))

    def inside(self, *parts: str) -> str:
        """A key in the bucket."""
        return "/".join(part for part in (self.prefix, *parts) if part)

    def _found(self, key: str) -> str:
        resource = self.bucket.node.default_child
        bucket = seen_from_outside(resource, "Arn") if resource else f"arn:<AWS::Partition>:s3:::{_bucket(self.root)}"
        return wildcard(f"{bucket}/{self.inside(key)}")

    def _objects(self, folder: str) -> str:
        return self.bucket.arn_for_objects(self.inside(folder, "*"))

    def _object(self, key: str) -> str:
        return self.bucket.arn_for_objects(self.inside(key))

    def _list_statement(self, folder: str) -> iam.PolicyStatement:
        inside = self.inside(folder)
        conditions = {"StringLike": {"s3:prefix": [inside, f"{inside}/*"]}} if inside else None
        actions = ["s3:ListBucket"]
        return iam.PolicyStatement(actions=actions, resources=[self.bucket.bucket_arn], conditions=conditions)


def is_bucket(root: str) -> bool:
    """Whether a configured root names an existing bucket, rather than a folder."""
    return root.startswith(_SCHEME)


def _folders(key: str) -> Iterator[str]:
    """The folders above a key, as far as it names them before a `*`."""
    named = key.partition("*")[0].split("/")[:-1]
    return ("/".join(named[: i + 1]) for i in range(len(named)))


def _bucket(root: str) -> str:
    return root.removeprefix(_SCHEME).partition("/")[0]
