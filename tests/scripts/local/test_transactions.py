"""A failed transaction leaves every item as it was, although only the items that it names are copied."""

import pytest
from botocore.exceptions import ClientError

from scripts.local.account import LocalAccount
from scripts.local.clients import client


@pytest.fixture(scope="module")
def service():
    with LocalAccount(port=None):
        made = client("dynamodb")
        for table, keys in {"plain": ("id",), "sorted": ("id", "at")}.items():
            made.create_table(
                TableName=table,
                KeySchema=[
                    {"AttributeName": k, "KeyType": kind} for k, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
                BillingMode="PAY_PER_REQUEST",
            )
            for n in "123":
                made.put_item(TableName=table, Item=key(table, n) | {"n": {"N": n}})
        yield made


def key(table, n):
    return {"id": {"S": n}} | ({"at": {"S": "noon"}} if table == "sorted" else {})


def rows(service, table):
    return {item["id"]["S"]: item["n"]["N"] for item in service.scan(TableName=table)["Items"]}


def actions(table):
    update = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "20"}}}
    return [
        {"Put": {"TableName": table, "Item": key(table, "1") | {"n": {"N": "10"}}}},
        {"Update": {"TableName": table, "Key": key(table, "2"), **update}},
        {"Delete": {"TableName": table, "Key": key(table, "3")}},
        {"Put": {"TableName": table, "Item": key(table, "4") | {"n": {"N": "40"}}}},
    ]


@pytest.mark.parametrize("table", ["plain", "sorted"])
def test_a_transaction_is_done_whole_or_not_at_all(service, table):
    before = {"1": "1", "2": "2", "3": "3"}
    taken = {"Put": {"TableName": table, "Item": key(table, "1b"), "ConditionExpression": "attribute_exists(id)"}}

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        service.transact_write_items(TransactItems=[*actions(table), taken])
    assert before == rows(service, table)

    service.transact_write_items(TransactItems=actions(table))
    assert {"1": "10", "2": "20", "4": "40"} == rows(service, table)
