"""Checks whether the lake can use the user's own KMS keys, whose policies the stack cannot change."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import boto3

from scripts.operating.finding import FAILED, OK, WARNING, Finding
from shared.key_policy import ADMITTED, BY_ROLES, TAG, services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.operating.finding import Caller
    from shared.config import Environment

MANUAL = "docs/deploying.md, Your own KMS keys and role constraints"
WANTED = {"KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}


def keys(environment: Environment, caller: Caller) -> Iterator[Finding]:
    """Yield findings on each key that the environment's file names."""
    if arn := environment.keys.lake:
        yield from _key("keys.lake", arn, caller, services(caller.region, _url_suffix(caller)))
    if arn := environment.keys.personal:
        yield from _key("keys.personal", arn, caller, {})
        yield from _closed(arn, caller)


def _key(name: str, arn: str, caller: Caller, used_by: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    region, account = arn.split(":")[3:5]
    if region != caller.region:
        mend = f"buckets are encrypted with keys of their region: deploy to {region}, or name another key"
        yield Finding(check="keys", status=FAILED, found=f"{name} is in {region}", mend=mend)
        return
    if account != caller.account:
        mend = f"its owner has to look whether its policy is as said in {MANUAL}"
        yield Finding(check="keys", status=WARNING, found=f"{name} is a key of account {account}", mend=mend)
        return
    kms = boto3.client("kms")
    metadata = kms.describe_key(KeyId=arn)["KeyMetadata"]
    if wrong := [f"{what} {metadata[what]}" for what, wanted in WANTED.items() if metadata.get(what, wanted) != wanted]:
        mend = "name a key that is enabled, symmetric and for encryption"
        yield Finding(check="keys", status=FAILED, found=f"{name} has {', '.join(wrong)}", mend=mend)
        return
    missing = list(_missing(_statements(arn), _everybody(caller), used_by))
    mend = f"add to the policy of {arn}: {'; '.join(missing)} ({MANUAL})" if missing else ""
    found = f"{name} lacks rights in its policy" if missing else f"{name} admits who uses it"
    yield Finding(check="keys", status=FAILED if missing else OK, found=found, mend=mend)
    if not kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]:
        mend = f"aws kms enable-key-rotation --key-id {arn}, unless your company rotates it otherwise"
        yield Finding(check="keys", status=WARNING, found=f"{name} does not rotate", mend=mend)


def _closed(arn: str, caller: Caller) -> Iterator[Finding]:
    """Yield a warning if a key of personal data does not deny access without the tag; its bucket does in any case."""
    if arn.split(":")[3:5] != [caller.region, caller.account]:
        return
    denials = [s for s in _statements(arn) if s["Effect"] == "Deny"]
    if not any(TAG in json.dumps(s.get("Condition", {})) for s in denials):
        mend = f"deny it to principals without the tag {TAG}: {ADMITTED} ({MANUAL})"
        found = "keys.personal opens to every policy of the account"
        yield Finding(check="keys", status=WARNING, found=found, mend=mend)


def _missing(
    statements: list[dict[str, Any]], everybody: set[str], used_by: dict[str, tuple[str, ...]]
) -> Iterator[str]:
    """The missing rights, in words; conditions of statements are not evaluated."""
    if lacking := _lacking(statements, "AWS", everybody, BY_ROLES):
        yield f"{', '.join(lacking)} for the account, so that roles use it by their own policies"
    for service, actions in used_by.items():
        if lacking := _lacking(statements, "Service", {service}, actions):
            yield f"{', '.join(lacking)} for {service}"


def _lacking(statements: list[dict[str, Any]], kind: str, principals: set[str], actions: tuple[str, ...]) -> list[str]:
    granted = [
        pattern
        for s in statements
        if s["Effect"] == "Allow" and principals & set(_of(s.get("Principal", {}), kind))
        for pattern in _many(s.get("Action", []))
    ]
    return [action for action in actions if not any(fnmatchcase(action, pattern) for pattern in granted)]


def _of(principal: Any, kind: str) -> list[str]:  # noqa: ANN401 - a policy's JSON
    return ["*"] if principal == "*" else _many(principal.get(kind, []))


def _many(value: Any) -> list[str]:  # noqa: ANN401 - a policy's JSON
    return value if isinstance(value, list) else [value]


def _statements(arn: str) -> list[dict[str, Any]]:
    policy = boto3.client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    found = json.loads(policy)["Statement"]
    return found if isinstance(found, list) else [found]


def _everybody(caller: Caller) -> set[str]:
    """The ways in which a key policy can name the whole account."""
    return {f"arn:{caller.partition}:iam::{caller.account}:root", caller.account, "*"}


def _url_suffix(caller: Caller) -> str:
    return "amazonaws.com.cn" if caller.partition == "aws-cn" else "amazonaws.com"
