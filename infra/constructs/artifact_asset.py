"""A CDK asset whose key is known before its file is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.conventions.findings import accept

if TYPE_CHECKING:
    from infra.artifacts import Artifact, JarArtifact


class ArtifactAsset(Construct):
    """Registers an artifact with the assembly: the template gets its key, the deploy gets the command that builds it.

    The CDK's `Asset` needs the file at synthesis; an asset with an `executable` is built by the CLI, and only if the
    bucket lacks the key. The extension is part of the hash that is passed to the CDK, since the CDK adds none there and
    Spark unpacks archives by their extension.

    Example:
        ArtifactAsset(self, "Environment", artifact=ENVIRONMENT).s3_url
    """

    def __init__(self, scope: Construct, id_: str, *, artifact: Artifact | JarArtifact) -> None:
        super().__init__(scope, id_)
        location = Stack.of(self).synthesizer.add_file_asset(
            source_hash=artifact.key(),
            executable=artifact.build_command(),
            display_name=f"{artifact.name} artifact",
        )
        self.bucket = s3.Bucket.from_bucket_name(self, "Bucket", location.bucket_name)
        self.key = location.object_key
        # The key changes with the content, so no version of the object is needed.
        accept(self.bucket, {"Annotation::@aws-cdk/aws-lambda:codeFromBucketObjectVersionNotSpecified": "hashed key"})

    @property
    def s3_url(self) -> str:
        """`s3://bucket/key`."""
        return self.bucket.s3_url_for_object(self.key)
