"""Assumes a role of the account for a few requests."""

from __future__ import annotations

import boto3

from scripts.operating.finding import Caller


def as_role(name: str) -> boto3.Session:
    """Assume an IAM role, given by path and name, and return a session with its credentials.

    Raises:
        ClientError: the caller may not assume it, or there is no such role.
    """
    caller = Caller.of_credentials()
    request = {"RoleArn": caller.role_arn(name), "RoleSessionName": "lakewright-smoke"}
    credentials = boto3.client("sts").assume_role(**request)["Credentials"]
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=caller.region,
    )
