"""Prepares an account so that prod can be deployed into it."""

from __future__ import annotations

import boto3

from shared.names import ACCESS_ADMIN_ROLE

ACCOUNT, REGION = "123456789012", "us-east-1"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/{ACCESS_ADMIN_ROLE}"


def administrators(*arns: str) -> None:
    """Make these the only administrators of Lake Formation."""
    admins = [{"DataLakePrincipalIdentifier": arn} for arn in arns]
    boto3.client("lakeformation").put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": admins})


def prepare() -> None:
    """Create what the CDK's bootstrap and the account's stack would."""
    boto3.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    administrators(DEPLOYER, ADMIN)
