"""State machines: the definition from S3 or inline, with its substitutions."""

from __future__ import annotations

import json
import re
from typing import Any

from scripts.local.cloudformation.errors import TemplateError
from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource

_TOKEN = re.compile(r"\$\{([^}]*)\}")
_SOURCES = ("DefinitionS3Location", "DefinitionString", "Definition")


@handles("AWS::StepFunctions::StateMachine")
class StateMachine(Handler):
    """A state machine in moto's interpreter."""

    applied = frozenset(
        {*_SOURCES, "DefinitionSubstitutions", "RoleArn", "StateMachineName", "StateMachineType", "Tags"}
        | {"LoggingConfiguration", "TracingConfiguration"}
    )
    idle = because(EncryptionConfiguration="nothing is encrypted on a laptop")

    def create(self, resource: Resource) -> Made:
        """Create the machine; the interpreter refuses a definition it cannot parse."""
        name = resource.get("StateMachineName", resource.name)
        tags = [{"Key": key, "Value": value} for key, value in resource.tags().items()]
        arn = resource.call(
            "stepfunctions",
            "create_state_machine",
            Name=name,
            Definition=definition(resource),
            Type=resource.get("StateMachineType", "STANDARD"),
            Tags=tags or None,
            **resource.only("RoleArn", "LoggingConfiguration", "TracingConfiguration"),
        )["stateMachineArn"]
        return Made(arn, {"Arn": arn, "Name": name})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the machine in place; running executions keep the definition they started with."""
        given = resource.only("RoleArn", "LoggingConfiguration", "TracingConfiguration")
        text = definition(resource)
        resource.call("stepfunctions", "update_state_machine", StateMachineArn=made.ref, Definition=text, **given)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the machine."""
        resource.call("stepfunctions", "delete_state_machine", StateMachineArn=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The machine as the service describes it."""
        found = resource.call("stepfunctions", "describe_state_machine", StateMachineArn=made.ref)
        return {"RoleArn": found["roleArn"], "StateMachineName": found["name"], "StateMachineType": found["type"]}


def definition(resource: Resource) -> str:
    """The definition's text with every token replaced.

    Raises:
        TemplateError: there is no definition, a token has no substitution, or a substitution has no token.
    """
    text, values = _source(resource), resource.get("DefinitionSubstitutions", {})
    tokens = set(_TOKEN.findall(text))
    if tokens != set(values):
        raise TemplateError(
            f"{resource.place}: the tokens of the definition and its substitutions differ",
            given=f"tokens without a substitution: {sorted(tokens - set(values))}; "
            f"substitutions without a token: {sorted(set(values) - tokens)}",
            expected="every ${token} of the definition in DefinitionSubstitutions, and no other",
            mend="add the missing ones where the state machine is constructed",
        )
    # Tokens are inside JSON strings, so their replacements are escaped as JSON.
    return _TOKEN.sub(lambda match: json.dumps(_text(values[match.group(1)]))[1:-1], text)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _source(resource: Resource) -> str:
    given = [name for name in _SOURCES if name in resource.properties]
    if len(given) != 1:
        raise TemplateError(
            f"{resource.place}: exactly one definition is needed",
            given=", ".join(given) or "none",
            expected="one of " + ", ".join(_SOURCES),
        )
    value = resource.get(given[0])
    if given == ["DefinitionS3Location"]:
        return resource.call("s3", "get_object", **value)["Body"].read().decode()
    return value if isinstance(value, str) else json.dumps(value)
