"""Which services use the lake's key, and for what: the stack's own key has this policy, and an existing key needs it.

Sources: EMR Serverless user guide, "Encrypting logs"; CloudWatch Logs user guide, "Encrypt log data using KMS"; SNS
developer guide, "Enable compatibility between event sources from AWS services and encrypted topics".
"""

from __future__ import annotations

EMR, ALARMS = "emr-serverless.amazonaws.com", "cloudwatch.amazonaws.com"
# What roles do through policies of their own, to which the key's policy has to defer by admitting the account.
BY_ROLES = ("kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")
BY_EMR = ("kms:Decrypt", "kms:GenerateDataKey")
BY_ALARMS = ("kms:Decrypt", "kms:GenerateDataKey*")
BY_LOGS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
# The tag that admits a principal to personal data.
TAG, ADMITTED = "lakewright:personal-data", "admitted"


def logs(region: str, url_suffix: str) -> str:
    """The logs service, the only one of these with another name in China, where it ends in the region's URL suffix."""
    return f"logs.{region}.{url_suffix}"


def services(region: str, url_suffix: str) -> dict[str, tuple[str, ...]]:
    """The actions of each service on the lake's key."""
    return {EMR: BY_EMR, ALARMS: BY_ALARMS, logs(region, url_suffix): BY_LOGS}
