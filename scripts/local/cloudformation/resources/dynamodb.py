"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource

_SAME = ("AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexes", "KeySchema")
_ALSO_SAME = ("LocalSecondaryIndexes", "ProvisionedThroughput", "Tags")
_SETTINGS = ("PointInTimeRecoverySpecification", "TimeToLiveSpecification")


@handles("AWS::DynamoDB::Table")
class Table(Handler):
    """A table with its indexes, expiry and recovery settings."""

    applied = frozenset({*_SAME, *_ALSO_SAME, *_SETTINGS, "SSESpecification", "StreamSpecification", "TableName"})
    idle = because(
        ContributorInsightsSpecification="nothing watches access patterns on a laptop",
        OnDemandThroughput="a laptop has no throughput limits",
        ResourcePolicy="nobody is refused on a laptop",
        TableClass="a laptop has one storage class",
    )

    def create(self, resource: Resource) -> Made:
        """Create the table, then set what the API sets by separate calls."""
        name = resource.get("TableName", resource.name)
        given = resource.only(*_SAME, *_ALSO_SAME)
        if encryption := resource.get("SSESpecification"):
            given["SSESpecification"] = {
                "Enabled" if key == "SSEEnabled" else key: value for key, value in encryption.items()
            }
        if stream := resource.get("StreamSpecification"):
            given["StreamSpecification"] = {"StreamEnabled": True, **stream}
        table = resource.call("dynamodb", "create_table", TableName=name, **given)["TableDescription"]
        self._configure(resource, name)
        attributes = {"Arn": table["TableArn"]}
        if "LatestStreamArn" in table:
            attributes["StreamArn"] = table["LatestStreamArn"]
        return Made(name, attributes)

    def update(self, resource: Resource, made: Made) -> Made:
        """Change expiry and recovery in place: the table keeps its items."""
        self._configure(resource, made.ref)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the table."""
        resource.call("dynamodb", "delete_table", TableName=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The table as the service describes it."""
        table = resource.call("dynamodb", "describe_table", TableName=made.ref)["Table"]
        expiry = resource.call("dynamodb", "describe_time_to_live", TableName=made.ref)["TimeToLiveDescription"]
        return {
            "KeySchema": table["KeySchema"],
            "AttributeDefinitions": table["AttributeDefinitions"],
            "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "TimeToLiveSpecification": {
                "AttributeName": expiry.get("AttributeName"),
                "Enabled": expiry["TimeToLiveStatus"] == "ENABLED",
            },
        }

    def _configure(self, resource: Resource, name: str) -> None:
        if "TimeToLiveSpecification" in resource.properties:
            given = resource.only("TimeToLiveSpecification")
            resource.call("dynamodb", "update_time_to_live", TableName=name, **given)
        if "PointInTimeRecoverySpecification" in resource.properties:
            given = resource.only("PointInTimeRecoverySpecification")
            resource.call("dynamodb", "update_continuous_backups", TableName=name, **given)
