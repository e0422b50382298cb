"""Container repositories: `cdk bootstrap` makes one."""

from __future__ import annotations

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::ECR::Repository")
class Repository(Handler):
    """A repository, always empty here."""

    applied = frozenset({"ImageTagMutability", "RepositoryName", "Tags"})
    idle = because(
        EncryptionConfiguration="nothing is encrypted on a laptop",
        ImageScanningConfiguration="no image is pushed to a laptop",
        LifecyclePolicy="no image is pushed to a laptop",
        RepositoryPolicyText="no image is pushed to a laptop",
    )

    def create(self, resource: Resource) -> Made:
        """Create the repository."""
        name = resource.get("RepositoryName", resource.name.lower())
        given = resource.only("ImageTagMutability", "Tags")
        found = resource.call("ecr", "create_repository", RepositoryName=name, **given)["repository"]
        return Made(name, {"Arn": found["repositoryArn"], "RepositoryUri": found["repositoryUri"]})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the repository."""
        resource.call("ecr", "delete_repository", RepositoryName=made.ref, Force=True)
