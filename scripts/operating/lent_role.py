"""A role of the account, for as long as a few questions take."""

from __future__ import annotations

import boto3

from scripts.operating.finding import Caller


def as_role(name: str) -> boto3.Session:
    """A session of an IAM role that the caller may take, with its path in the name.

    Raises:
        ClientError: the caller may not, or there is no such role.
    """
    caller = Caller.of_credentials()
    asked = {"RoleArn": caller.role_arn(name), "RoleSessionName": "lakewright-smoke"}
    lent = boto3.client("sts").assume_role(**asked)["Credentials"]
    return boto3.Session(
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
        region_name=caller.region,
    )
