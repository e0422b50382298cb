"""CloudWatch log groups."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::Logs::LogGroup")
class LogGroup(Handler):
    """A log group and its retention."""

    applied = frozenset({"KmsKeyId", "LogGroupName", "RetentionInDays", "Tags"})
    idle = because(
        DataProtectionPolicy="nothing masks log lines on a laptop",
        DeletionProtectionEnabled="the account is thrown away as a whole",
        LogGroupClass="a laptop has one class of logs",
    )

    def create(self, resource: Resource) -> Made:
        """Create the log group."""
        name = resource.get("LogGroupName", resource.name)
        given = resource.only("KmsKeyId")
        resource.call("logs", "create_log_group", LogGroupName=name, Tags=resource.tags() or None, **given)
        self._retain(resource, name)
        arn = f"arn:aws:logs:{resource.region}:{resource.account}:log-group:{name}:*"
        return Made(name, {"Arn": arn})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the retention in place: the log lines stay."""
        self._retain(resource, made.ref)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the log group."""
        resource.call("logs", "delete_log_group", LogGroupName=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The log group as the service describes it."""
        groups = resource.call("logs", "describe_log_groups", LogGroupNamePrefix=made.ref)["logGroups"]
        found = next(group for group in groups if group["logGroupName"] == made.ref)
        return {"RetentionInDays": found.get("retentionInDays")}

    def _retain(self, resource: Resource, name: str) -> None:
        if "RetentionInDays" in resource.properties:
            resource.call("logs", "put_retention_policy", LogGroupName=name, **resource.only("RetentionInDays"))
