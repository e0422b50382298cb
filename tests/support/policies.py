"""Computes what roles may do, from the templates, as IAM would."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.jobs import Step
from shared.key_policy import ADMITTED, TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.cloud import Cloud

BUCKETS = ("Lake", "Pii", "Landing", "Logs")
OUTSIDE = re.compile(r"(?:referenceto.*Outputs)?Lakewright(Storage|Secrets)(\w+?)[0-9A-F]{8}(?:Arn|Ref)")
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}


@dataclass(frozen=True)
class Role:
    """A role's statements, and whether it has the tag that admits it to personal data."""

    statements: tuple[dict[str, Any], ...]
    is_admitted: bool

    def may(self, action: str, resource: str, context: Mapping[str, str | list[str]] | None = None) -> bool:
        """Whether the role may perform an action on a resource; `context` has the request's keys that conditions use.

        Buckets are `arn:aws:s3:::lake`, `pii`, `landing` and `logs`, other resources `stack/logical id`.
        """
        if resource.startswith("arn:aws:s3:::pii/") and not self.is_admitted:
            return False
        matching = [s for s in self.statements if _names(s, action, resource) and _holds(s, context or {})]
        return {"Allow"} == {s["Effect"] for s in matching}


def step_roles(cloud: Cloud) -> dict[Step, Role]:
    """The roles of the steps."""
    return {step: _role(cloud, "Compute", f"{step.title()}Role") for step in Step}


def function_role(cloud: Cloud, name: str) -> Role:
    """The role of one of the state machines' functions, by the end of its construct's path."""
    return _role(cloud, "Orchestration", f"{name}Role")


def _role(cloud: Cloud, stack: str, name: str) -> Role:
    resources = cloud.templates[stack]["Resources"]
    [(role, tags)] = [
        (id_, r["Properties"].get("Tags", []))
        for id_, r in resources.items()
        if r["Type"] == "AWS::IAM::Role" and id_.startswith(name)
    ]
    statements = [
        s
        for r in resources.values()
        if r["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"} and {"Ref": role} in r["Properties"]["Roles"]
        for s in r["Properties"]["PolicyDocument"]["Statement"]
    ]
    return Role(tuple(statements), {"Key": TAG, "Value": ADMITTED} in tags)


def _names(statement: dict[str, Any], action: str, resource: str) -> bool:
    actions, resources = (_listed(statement[key]) for key in ("Action", "Resource"))
    return action in actions and any(_pattern(resolved(r)).fullmatch(resource) for r in resources)


def _holds(statement: dict[str, Any], context: Mapping[str, str | list[str]]) -> bool:
    conditions = statement.get("Condition", {}).items()
    return all(_is_met(operator, context.get(k), w) for operator, asked in conditions for k, w in asked.items())


def _is_met(operator: str, given: str | list[str] | None, wanted: Any) -> bool:
    """Whether one condition is met.

    Source: IAM user guide, "Condition operators" and "Set operators for multivalued context keys".
    """
    if operator == "Null":
        return (given is None) is (str(wanted).lower() == "true")
    if given is None:
        return operator.endswith("IfExists") or operator.startswith("ForAllValues:")
    patterns = [_pattern(resolved(w)) for w in _listed(wanted)]
    return all(any(pattern.fullmatch(value) for pattern in patterns) for value in _listed(given))


def resolved(value: Any) -> str:
    """A value of a template as text, in the form that `Role.may` takes."""
    match value:
        case {"Ref": name} if name in PSEUDO:
            return PSEUDO[name]
        case {"Ref": name} if found := OUTSIDE.fullmatch(name):
            stack, id_ = found.groups()
            return f"arn:aws:s3:::{id_.lower()}" if id_ in BUCKETS else f"{stack}/{id_}"
        case {"Ref": name}:
            return str(name)
        case {"Fn::Join": [between, parts]}:
            return str(between).join(resolved(part) for part in parts)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{(AWS::\w+)\}", lambda found: PSEUDO[found[1]], text)
    return str(value)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
