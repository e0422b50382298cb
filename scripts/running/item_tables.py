"""Creates the DynamoDB tables for a lake in a folder when no stack is deployed: leases, and the API's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.names import lease_table
from shared.serving import PATH, served_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# The environment of every lake in a folder.
ENVIRONMENT = "local"


def make_item_tables(service: DynamoDBClient, env: str = ENVIRONMENT) -> None:
    """Create the empty tables in the account of a client."""
    for name, key in ((lease_table(env), "table"), (served_table(env), PATH)):
        service.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
