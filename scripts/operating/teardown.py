"""Deletes an environment's stack, and its data only if that was requested by name and its file allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from scripts.operating.applications import applications_of, delete_application
from scripts.operating.outputs import find_stack
from scripts.operating.stack_resources import NESTED, summaries
from shared.errors import LakewrightError, TerminalError
from shared.key_policy import ADMITTED, TAG
from shared.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.config import Environment

APPLICATION = "AWS::EMRServerless::Application"
KEY_DAYS = 30
GONE = ("NoSuchBucket", "ResourceNotFoundException", "NotFoundException")


class Leftover(NamedTuple):
    """A resource that outlives its stack, mostly because it holds data: its CloudFormation type and its name."""

    kind: str
    name: str


class Deletion(NamedTuple):
    """What was done with a resource that the stack left, in words."""

    leftover: Leftover
    said: str
    failed: bool = False


STATEFUL = (
    # It holds no data, but job runs in progress.
    APPLICATION,
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
    "AWS::MSK::ServerlessCluster",
    # The key comes last: without it the data of the others cannot be read.
    "AWS::KMS::Key",
)


def kept_by(environment: Environment) -> list[Leftover]:
    """The resources that outlive the environment's stacks, in the order in which they would be deleted.

    Raises:
        ClientError: AWS refused.
        TerminalError: the environment is not deployed.
    """
    name = Names(environment).stack
    if find_stack(name) is None:
        raise TerminalError(
            f"there is no stack {name}",
            expected="a deployed environment, and the credentials and the region of its account",
        )
    found = {
        Leftover(each["ResourceType"], each["PhysicalResourceId"])
        for each in summaries(boto3.client("cloudformation"), name)
        if each["ResourceType"] in STATEFUL
        and each.get("PhysicalResourceId")
        and each["ResourceStatus"] != "DELETE_COMPLETE"
    }
    found |= {Leftover(APPLICATION, each) for each in applications_of(name)}
    return sorted(found, key=lambda leftover: (STATEFUL.index(leftover.kind), leftover.name))


def require_both_keys(environment: Environment, named: str | None) -> None:
    """Refuse to delete data unless the environment allows it and its name was given.

    Raises:
        TerminalError: one of the two conditions is not met.
    """
    if named != environment.name:
        raise TerminalError("the data is kept: another name was given", given=str(named), expected=environment.name)
    if not environment.allow_data_deletion:
        raise TerminalError(
            f"the data of {environment.name} is kept: its file does not allow to delete it",
            given="allow_data_deletion: false",
            expected="allow_data_deletion: true",
            mend=f"set it in shared/config/{environment.name}.yaml",
        )


def delete_stack(environment: Environment) -> None:
    """Delete the stack and wait until it is gone. Resources with a policy to be retained stay.

    Raises:
        TerminalError: CloudFormation could not delete all of the stack.
    """
    client, name = boto3.client("cloudformation"), Names(environment).stack
    client.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    client.delete_stack(StackName=name)
    try:
        client.get_waiter("stack_delete_complete").wait(StackName=name)
    except WaiterError as error:
        failed = [
            f"{each['LogicalResourceId']} ({each['ResourceType']}): {each.get('ResourceStatusReason', 'no reason')}"
            for each in summaries(client, name)
            if each["ResourceStatus"] == "DELETE_FAILED" and each["ResourceType"] != NESTED
        ]
        raise TerminalError(
            f"the stack {name} is not deleted, nor what it keeps",
            given="; ".join(failed) or str(error),
            mend="end what uses that, as job runs and a cluster of Kafka do a network, and give the same command again",
        ) from error


def empty(leftover: Leftover) -> str:
    """Delete every version of every object in a bucket: CloudFormation deletes only empty buckets.

    Raises:
        TerminalError: S3 left some of them; it reports that per object, although the request as a whole succeeds.
    """
    try:
        answers = boto3.resource("s3").Bucket(leftover.name).object_versions.delete()
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return "is not there any more"
    if left := [error for answer in answers for error in answer.get("Errors", [])]:
        raise TerminalError(
            f"{leftover.name} could not be emptied",
            given=f"{len(left):,} versions of objects were left, the first for {left[0].get('Code')}",
            expected="a principal that may delete every version of every object",
            mend=f"have s3:DeleteObjectVersion granted; personal data wants the tag {TAG}: {ADMITTED}, too",
        )
    return f"emptied of {sum(len(answer.get('Deleted', [])) for answer in answers):,} versions of objects"


def delete_all(left: Iterable[Leftover]) -> Iterator[Deletion]:
    """Delete what the stack left. A failure is reported and stops nothing: without a stack there is no second try."""
    for leftover in left:
        try:
            deletion = Deletion(leftover, delete_data(leftover))
        except (BotoCoreError, ClientError, LakewrightError) as error:
            text = f"is left, to be deleted by hand: {' '.join(str(error).split())}"
            deletion = Deletion(leftover, text, failed=True)
        yield deletion


def delete_data(leftover: Leftover) -> str:
    """Delete a resource that the stack left, and return in words what was done."""
    try:
        return _delete(leftover)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return "was deleted with the stack"


def _delete(leftover: Leftover) -> str:
    match leftover.kind:
        case "AWS::EMRServerless::Application":
            return delete_application(leftover.name)
        case "AWS::S3::Bucket":
            # Once more: job runs in progress and S3's access logs continued to write while the stack was deleted.
            empty(leftover)
            boto3.client("s3").delete_bucket(Bucket=leftover.name)
        case "AWS::DynamoDB::Table":
            boto3.client("dynamodb").delete_table(TableName=leftover.name)
        case "AWS::SecretsManager::Secret":
            _detach_replicas(leftover.name)
            boto3.client("secretsmanager").delete_secret(SecretId=leftover.name, RecoveryWindowInDays=KEY_DAYS)
            return f"deleted, to be had back for {KEY_DAYS} days"
        case "AWS::Logs::LogGroup":
            boto3.client("logs").delete_log_group(logGroupName=leftover.name)
        case "AWS::MSK::ServerlessCluster":
            boto3.client("kafka").delete_cluster(ClusterArn=leftover.name)
        case "AWS::KMS::Key":
            boto3.client("kms").schedule_key_deletion(KeyId=leftover.name, PendingWindowInDays=KEY_DAYS)
            return f"will be deleted in {KEY_DAYS} days; until then that can be taken back"
    return "deleted"


def _detach_replicas(secret: str) -> None:
    """Make a secret's replicas independent secrets: one with replicas cannot be deleted, and the copy needs them."""
    found = boto3.client("secretsmanager").describe_secret(SecretId=secret)
    for replica in found.get("ReplicationStatus", []):
        client = boto3.client("secretsmanager", region_name=replica["Region"])
        client.stop_replication_to_replica(SecretId=found["Name"])
