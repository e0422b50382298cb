"""The templates of prod and what each role may do, as a person last reviewed them.

A difference here is no fault, but somebody has to read it: `./lake test tests/infra/test_snapshots.py
--snapshot-update` writes the new state, and the change of that file goes into the review.
"""

import json
import re

import pytest

from tests.infra.test_rights import POLICY_TYPES, actions_of
from tests.infra.test_rights import statements as statements_of

# Keys of assets, and fingerprints in names, change with every line of code.
HASHES = [
    (re.compile(r"[0-9a-f]{64}"), "<hash>"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "<hash>"),
    (re.compile(r"(Application)[0-9a-f]{8}[0-9A-F]{8}"), r"\1<fingerprint>"),
]


def test_each_role_may_do_what_was_reviewed(prod, snapshot):
    assert snapshot == "\n\n".join("\n".join([f"{role}:", *lines]) for role, lines in sorted(rights(prod).items()))


@pytest.mark.parametrize("stack", ["", "Storage", "Secrets", "Compute", "Orchestration", "Governance", "Serving"])
def test_template_is_the_one_that_was_reviewed(prod, snapshot, stack):
    text = json.dumps(prod.templates[stack], indent=1, sort_keys=True)
    for pattern, word in HASHES:
        text = pattern.sub(word, text)

    assert snapshot == text


def rights(cloud):
    """What each role may do, a line for each action on a resource, by the role's stack and name without hash."""
    found, policies = {}, {name: policy for kind in POLICY_TYPES[:2] for name, policy in cloud.of_type(kind).items()}
    for name in cloud.of_type("AWS::IAM::Role"):
        allowed = [
            f"{'' if s['Effect'] == 'Allow' else 'never '}{action} on {shown(resource)}{condition(s)}"
            for place, policy in policies.items()
            if name in {cloud.origin(place.partition("/")[0], role["Ref"]) for role in policy["Properties"]["Roles"]}
            for s in statements_of(policy["Properties"]["PolicyDocument"])
            for action in actions_of(s)
            for resource in (s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]])
        ]
        found[name[:-8].replace("/", " ")] = sorted(allowed)
    return found


def condition(statement):
    return f" if {json.dumps(statement['Condition'], sort_keys=True)}" if "Condition" in statement else ""


def shown(value):
    """A resource as a person writes it."""
    match value:
        case {"Ref": name}:
            return f"<{parameter(name)}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Sub": text}:
            return str(text)
        case {"Fn::Join": [between, parts]}:
            return between.join(shown(part) for part in parts)
    return re.sub(r"[0-9a-f]{64}", "<hash>", str(value))


def parameter(name):
    """The name of a parameter from another nested stack, by its last words."""
    return re.sub(r"^referenceto.*Outputs", "", name)
