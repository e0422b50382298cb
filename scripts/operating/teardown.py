"""Takes an environment away: the stack, and its data only if that was asked for twice, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from scripts.operating.applications import applications_of, delete_application
from scripts.operating.outputs import find_stack
from shared.errors import LakewrightError, TerminalError
from shared.key_policy import ADMITTED, TAG
from shared.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.config import Environment

NESTED = "AWS::CloudFormation::Stack"
APPLICATION = "AWS::EMRServerless::Application"
KEY_DAYS = 30
GONE = ("NoSuchBucket", "ResourceNotFoundException", "NotFoundException")


class Kept(NamedTuple):
    """Something that outlives its stack, as what has data in it does."""

    kind: str
    name: str


class Fate(NamedTuple):
    """What became of something that the stack has left."""

    kept: Kept
    said: str
    failed: bool = False


STATEFUL = (
    # It holds no data, but job runs that are under way.
    APPLICATION,
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
    "AWS::MSK::ServerlessCluster",
    # The key last: without it nothing of the others can be read.
    "AWS::KMS::Key",
)


def kept_by(environment: Environment) -> list[Kept]:
    """What outlives the environment's stacks, in the order it would be deleted.

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
    found = {Kept(*pair) for pair in _resources(boto3.client("cloudformation"), name) if pair[0] in STATEFUL}
    found |= {Kept(APPLICATION, each) for each in applications_of(name)}
    return sorted(found, key=lambda kept: (STATEFUL.index(kept.kind), kept.name))


def require_both_keys(environment: Environment, named: str | None) -> None:
    """Refuse to delete data unless the environment allows it and its name was given.

    Raises:
        TerminalError: one of the two keys is missing.
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
    """Delete the stack and wait for its end. What is to be retained stays.

    Raises:
        TerminalError: CloudFormation could not delete all of it.
    """
    client, name = boto3.client("cloudformation"), Names(environment).stack
    client.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    client.delete_stack(StackName=name)
    try:
        client.get_waiter("stack_delete_complete").wait(StackName=name)
    except WaiterError as error:
        failed = [
            f"{each['LogicalResourceId']} ({each['ResourceType']}): {each.get('ResourceStatusReason', 'no reason')}"
            for each in _summaries(client, name)
            if each["ResourceStatus"] == "DELETE_FAILED" and each["ResourceType"] != NESTED
        ]
        raise TerminalError(
            f"the stack {name} is not deleted, nor what it keeps",
            given="; ".join(failed) or str(error),
            mend="end what uses that, as job runs and a cluster of Kafka do a network, and give the same command again",
        ) from error


def empty(kept: Kept) -> str:
    """Delete every version of every object of a bucket: CloudFormation deletes no bucket that holds one.

    Raises:
        TerminalError: S3 left some of them; it answers so for each object, and well for the whole.
    """
    try:
        answers = boto3.resource("s3").Bucket(kept.name).object_versions.delete()
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return "is not there any more"
    if left := [error for answer in answers for error in answer.get("Errors", [])]:
        raise TerminalError(
            f"{kept.name} could not be emptied",
            given=f"{len(left):,} versions of objects were left, the first for {left[0].get('Code')}",
            expected="a principal that may delete every version of every object",
            mend=f"have s3:DeleteObjectVersion granted; personal data wants the tag {TAG}: {ADMITTED}, too",
        )
    return f"emptied of {sum(len(answer.get('Deleted', [])) for answer in answers):,} versions of objects"


def delete_all(left: Iterable[Kept]) -> Iterator[Fate]:
    """Delete what the stack has left. What fails is told and holds up nothing: no stack is left to come again by."""
    for kept in left:
        try:
            fate = Fate(kept, delete_data(kept))
        except (BotoCoreError, ClientError, LakewrightError) as error:
            fate = Fate(kept, f"is left, to be deleted by hand: {' '.join(str(error).split())}", failed=True)
        yield fate


def delete_data(kept: Kept) -> str:
    """Delete what the stack has left; says what was done."""
    try:
        return _delete(kept)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return "was deleted with the stack"


def _delete(kept: Kept) -> str:
    match kept.kind:
        case "AWS::EMRServerless::Application":
            return delete_application(kept.name)
        case "AWS::S3::Bucket":
            # Once more: job runs under way and S3's own access logs went on writing while the stack was deleted.
            empty(kept)
            boto3.client("s3").delete_bucket(Bucket=kept.name)
        case "AWS::DynamoDB::Table":
            boto3.client("dynamodb").delete_table(TableName=kept.name)
        case "AWS::SecretsManager::Secret":
            _leave_to_the_copy(kept.name)
            boto3.client("secretsmanager").delete_secret(SecretId=kept.name, RecoveryWindowInDays=KEY_DAYS)
            return f"deleted, to be had back for {KEY_DAYS} days"
        case "AWS::Logs::LogGroup":
            boto3.client("logs").delete_log_group(logGroupName=kept.name)
        case "AWS::MSK::ServerlessCluster":
            boto3.client("kafka").delete_cluster(ClusterArn=kept.name)
        case "AWS::KMS::Key":
            boto3.client("kms").schedule_key_deletion(KeyId=kept.name, PendingWindowInDays=KEY_DAYS)
            return f"will be deleted in {KEY_DAYS} days; until then that can be taken back"
    return "deleted"


def _leave_to_the_copy(secret: str) -> None:
    """Make a secret's replicas secrets of their own: a secret that has any is not deleted, and the copy needs them."""
    told = boto3.client("secretsmanager").describe_secret(SecretId=secret)
    for replica in told.get("ReplicationStatus", []):
        boto3.client("secretsmanager", region_name=replica["Region"]).stop_replication_to_replica(SecretId=told["Name"])


def _resources(client: Any, stack: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a client of boto3
    """Type and physical name of every resource that is there, those of nested stacks too."""
    for resource in _summaries(client, stack):
        kind, name = resource["ResourceType"], resource.get("PhysicalResourceId")
        if name and kind != NESTED and resource["ResourceStatus"] != "DELETE_COMPLETE":
            yield kind, name


def _summaries(client: Any, stack: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    """What CloudFormation lists of a stack and those nested in it, of deleted ones too: they have left something."""
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            yield resource
            if resource["ResourceType"] == NESTED and resource.get("PhysicalResourceId"):
                yield from _summaries(client, resource["PhysicalResourceId"])
