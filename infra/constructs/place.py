"""A root the data lives under, and the rights to it."""

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

    def lookup_statements(self, folder: str) -> list[iam.PolicyStatement]:
        """The rights to read one folder, and to be told of a key that it is not there."""
        reading = iam.PolicyStatement(actions=["s3:GetObject"], resources=[self._objects(folder)])
        return [reading, *self.names_statements()]

    def job_statements(self, *, reads: Sequence[str], writes: Sequence[str]) -> list[iam.PolicyStatement]:
        """The rights of a job run that Spark needs in the place: none where there is nothing to read or write.

        S3 answers that an object is forbidden, and not that it is not there, to whoever may not list the bucket; and
        Spark asks for what is not there all the time. So a job may see every name, and read what it is granted.

        Args:
            reads: Keys of what it reads, in which `*` stands for any text.
            writes: Keys of what it reads, writes and deletes.
        """
        read = list(dict.fromkeys([*reads, *writes]))
        # Spark asks for each folder above what it makes, too, by an object of the folder's name.
        above = dict.fromkeys(folder for key in read for folder in _folders(key))
        granted = {("s3:GetObject",): [*read, *above], WRITING: writes}
        statements = [
            iam.PolicyStatement(actions=list(actions), resources=[self._object(key) for key in keys])
            for actions, keys in granted.items()
            if keys
        ]
        return [*statements, *self.names_statements()] if read else []

    def names_statements(self) -> list[iam.PolicyStatement]:
        """The rights to list the place, and to be told of a key that it is not there."""
        # The latter comes without a prefix, which a plain condition would refuse.
        inside = self.inside()
        conditions = {"StringLikeIfExists": {"s3:prefix": [inside, f"{inside}/*"]}} if inside else None
        listing = iam.PolicyStatement(
            actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn], conditions=conditions
        )
        # Of a place within a bucket it is asked whether it is there, as of any folder.
        folder = [iam.PolicyStatement(actions=["s3:GetObject"], resources=[self.arn])] if inside else []
        return [listing, *folder]

    def job_findings(self, reads: Sequence[str], writes: Sequence[str]) -> list[str]:
        """What cdk-nag says about the statements of a job run, read in another nested stack."""
        return [self._found(key) for key in dict.fromkeys([*reads, *writes]) if "*" in key]

    def put_statement(self, folder: str) -> iam.PolicyStatement:
        """The right to add objects to one folder."""
        return iam.PolicyStatement(actions=["s3:PutObject"], resources=[self._objects(folder)])

    @property
    def arn(self) -> str:
        """The bucket's ARN, or that of the prefix in it."""
        return f"{self.bucket.bucket_arn}/{self.prefix}" if self.prefix else self.bucket.bucket_arn

    def finding(self, folder: str = "") -> str:
        """What cdk-nag says about the statements of this place, read in another nested stack."""
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
    """The folders above what a key stands for, as far as it names them."""
    named = key.partition("*")[0].split("/")[:-1]
    return ("/".join(named[: i + 1]) for i in range(len(named)))


def _bucket(root: str) -> str:
    return root.removeprefix(_SCHEME).partition("/")[0]
