"""What a check of an account found, and whose credentials it used."""

from __future__ import annotations

from dataclasses import dataclass

import boto3

OK, WARNING, FAILED = "ok", "warning", "failed"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    Attributes:
        check: The check's name.
        status: `ok`, `warning` or `failed`.
        found: What it found.
        mend: What to do about it.
    """

    check: str
    status: str
    found: str
    mend: str = ""

    @property
    def row(self) -> dict[str, str]:
        """The finding as a row for display and JSON."""
        return {"check": self.check, "status": self.status, "found": self.found, "mend": self.mend}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The caller of AWS: its ARN, its account and the region."""

    account: str
    region: str
    arn: str

    @classmethod
    def of_credentials(cls) -> Caller:
        """The caller that the credentials of this process belong to."""
        client = boto3.client("sts")
        identity = client.get_caller_identity()
        return cls(account=identity["Account"], region=client.meta.region_name, arn=identity["Arn"])

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        return self.arn.split(":")[1]

    def role_arn(self, name: str) -> str:
        """The ARN of a role in the caller's account, from its path and name."""
        return f"arn:{self.partition}:iam::{self.account}:role/{name}"
