from __future__ import annotations

import uuid

import pytest

from scripts.local.clients import ACCOUNT, client

ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"


@pytest.fixture
def topic(account):
    return client("sns").create_topic(Name=uuid.uuid4().hex)["TopicArn"]


@pytest.fixture
def queue(account):
    url = client("sqs").create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


@pytest.fixture
def dynamodb_table(account):
    name = uuid.uuid4().hex
    client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.fixture
def application(account):
    answer = client("emr-serverless").create_application(
        name="batch", releaseLabel="emr-spark-8.1.0", type="SPARK", clientToken=uuid.uuid4().hex
    )
    return answer["applicationId"]


@pytest.fixture
def start_job(application):
    """A state that runs one job with a window as its argument, and waits for it."""

    def state(window, **arguments):
        driver = {"EntryPoint": "s3://assets/main.py", "EntryPointArguments": ["--job", window]}
        given = {"ApplicationId": application, "ExecutionRoleArn": ROLE, "JobDriver": {"SparkSubmit": driver}}
        resource = "arn:aws:states:::emr-serverless:startJobRun.sync"
        return {"Type": "Task", "Resource": resource, "Arguments": given | arguments, "End": True}

    return state
