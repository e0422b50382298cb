"""The right to use a key, the stack's own or an existing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


def read_statement(key: kms.IKey) -> iam.PolicyStatement:
    """The right to read what the key encrypts."""
    return iam.PolicyStatement(actions=["kms:Decrypt"], resources=[key.key_arn])


def use_statement(key: kms.IKey) -> iam.PolicyStatement:
    """The right to read and write what the key encrypts; of personal data, for a role that is admitted."""
    return iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn])
