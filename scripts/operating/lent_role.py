"""A role of the account, for as long as a few questions take."""

from __future__ import annotations

import boto3


def as_role(name: str) -> boto3.Session:
    """A session of an IAM role that the caller may take, with its path in the name.

    Raises:
        ClientError: the caller may not, or there is no such role.
    """
    sts = boto3.client("sts")
    identity = sts.get_caller_identity()
    partition = identity["Arn"].split(":")[1]
    arn = f"arn:{partition}:iam::{identity['Account']}:role/{name}"
    lent = sts.assume_role(RoleArn=arn, RoleSessionName="lakewright-smoke")["Credentials"]
    return boto3.Session(
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
        region_name=sts.meta.region_name,
    )
