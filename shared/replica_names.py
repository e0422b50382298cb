"""What a copy of the lake in another region is called; the stacks of the two regions know each other by these names."""

from __future__ import annotations

# The buckets that have a copy.
LAKE, PII, LANDING = "lake", "pii", "landing"


def copy_stack(env: str) -> str:
    """The CloudFormation stack of the copy."""
    return f"lakewright-{env}-copy"


def copy_bucket(env: str, what: str, account: str) -> str:
    """The bucket with the copy of one of the lake's."""
    return f"lakewright-{env}-{what}-copy-{account}"


def copy_key(env: str, *, is_personal: bool) -> str:
    """The alias of the key that encrypts the copy, or that of personal data."""
    return f"alias/lakewright-{env}-{PII if is_personal else LAKE}-copy"
