"""What a look at an account found, and who looked."""

from __future__ import annotations

from dataclasses import dataclass

import boto3

OK, WARNING, FAILED = "ok", "warning", "failed"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at: `ok`, `warning` or `failed`, and what to do about it."""

    check: str
    status: str
    found: str
    mend: str = ""

    @property
    def row(self) -> dict[str, str]:
        """The finding for people and programs."""
        return {"check": self.check, "status": self.status, "found": self.found, "mend": self.mend}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, and where."""

    account: str
    region: str
    arn: str

    @classmethod
    def of_credentials(cls) -> Caller:
        """Whom the credentials of this process belong to."""
        client = boto3.client("sts")
        identity = client.get_caller_identity()
        return cls(account=identity["Account"], region=client.meta.region_name, arn=identity["Arn"])

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        return self.arn.split(":")[1]

    def role_arn(self, name: str) -> str:
        """The ARN of a role of the caller's account, by its path and name."""
        return f"arn:{self.partition}:iam::{self.account}:role/{name}"
