"""Which services use the lake's key, and how: what its own policy says, and what that of a key of the house has to.

Sources: EMR Serverless user guide, "Encrypting logs"; CloudWatch Logs user guide, "Encrypt log data using KMS"; SNS
developer guide, "Enable compatibility between event sources from AWS services and encrypted topics".
"""

from __future__ import annotations

EMR, ALARMS = "emr-serverless.amazonaws.com", "cloudwatch.amazonaws.com"
# What roles do by policies of their own, which a key's policy has to leave to the account.
BY_ROLES = ("kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")
BY_EMR = ("kms:Decrypt", "kms:GenerateDataKey")
BY_ALARMS = ("kms:Decrypt", "kms:GenerateDataKey*")
BY_LOGS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
# The tag by which a principal is admitted to personal data.
TAG, ADMITTED = "lakewright:personal-data", "admitted"


def logs(region: str, url_suffix: str) -> str:
    """The logs service: of the services admitted it alone has another name in China, which ends as addresses do."""
    return f"logs.{region}.{url_suffix}"


def services(region: str, url_suffix: str) -> dict[str, tuple[str, ...]]:
    """What each service does with the key of the lake."""
    return {EMR: BY_EMR, ALARMS: BY_ALARMS, logs(region, url_suffix): BY_LOGS}
