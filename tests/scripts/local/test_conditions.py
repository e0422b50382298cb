"""Concurrent conditional writes to one item are decided one by one, as in DynamoDB."""

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto import mock_aws

from scripts.local import conditions

THREADS, TRIES = 4, 50


@pytest.fixture
def items(monkeypatch):
    interval = sys.getswitchinterval()
    # Threads switch as often as possible, so that one runs between another's check and its write.
    sys.setswitchinterval(1e-6)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    conditions.install()
    with mock_aws():
        key = {"AttributeName": "id", "KeyType": "HASH"}
        made = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [key]}
        yield boto3.resource("dynamodb").create_table(TableName="items", BillingMode="PAY_PER_REQUEST", **made)
    sys.setswitchinterval(interval)


def test_one_of_several_gets_what_only_one_may_have(items):
    # Threads that ask for it at the same time would get classes of their own.
    refused = items.meta.client.exceptions.ConditionalCheckFailedException

    def takes(key):
        try:
            items.put_item(Item={"id": key}, ConditionExpression="attribute_not_exists(id)")
        except refused:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as threads:
        for i in range(TRIES):
            assert [True] == [took for took in threads.map(takes, [str(i)] * THREADS) if took]
