"""Types that do nothing on a laptop, each with the reason."""

from __future__ import annotations

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource


class Idle(Handler):
    """A resource that can be referred to and does nothing."""

    reason = ""

    def create(self, resource: Resource) -> Made:
        """Create the alias."""
        return Made(resource.name)

    def update(self, resource: Resource, made: Made) -> Made:
        """Keep the alias."""
        return made


@handles("AWS::S3::BucketPolicy")
class BucketPolicy(Idle):
    """The policy of a bucket."""

    reason = "moto ignores the conditions of a bucket policy, so `deny without TLS` would deny everything"
    idle = because(Bucket=reason, PolicyDocument=reason)


@handles("AWS::CDK::Metadata")
class Metadata(Idle):
    """The CDK's metadata about its constructs."""

    reason = "it is a note for AWS"
    idle = because(Analytics=reason)


@handles("AWS::Logs::ResourcePolicy")
class LogsResourcePolicy(Idle):
    """A policy for services that write to log groups."""

    reason = "nobody is refused on a laptop"
    idle = because(PolicyName=reason, PolicyDocument=reason)
