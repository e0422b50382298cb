"""One resource of a template with its references resolved, and the result of creating it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from scripts.local import shapes
from scripts.local.api_models import operation
from scripts.local.clients import client
from scripts.local.cloudformation.errors import TemplateError, place


@dataclass(frozen=True)
class Resource:
    """A resource to create.

    Attributes:
        stack: The stack's name.
        logical_id: Its logical id.
        kind: Its CloudFormation type.
        name: The physical name to use if the template gives none.
        properties: Its properties, with every reference resolved and without nulls.
        account: The account's id.
        region: The region.
    """

    stack: str
    logical_id: str
    kind: str
    name: str
    properties: dict[str, Any]
    account: str
    region: str

    @property
    def place(self) -> str:
        """The name of the resource in errors."""
        return place(self.stack, self.logical_id, self.kind)

    def get(self, name: str, default: Any = None) -> Any:
        """A property, or the default if the template does not set it."""
        return self.properties.get(name, default)

    def only(self, *names: str) -> dict[str, Any]:
        """Those of the named properties that the template sets."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def without(self, *names: str) -> dict[str, Any]:
        """All properties except the named ones."""
        return {name: value for name, value in self.properties.items() if name not in names}

    def tags(self) -> dict[str, str]:
        """The tags, as a mapping."""
        return {tag["Key"]: tag["Value"] for tag in self.get("Tags", [])}

    def tag_specifications(self, kind: str) -> list[dict[str, Any]] | None:
        """The tags in the form that EC2's create calls take; None if there are none."""
        tags = self.get("Tags")
        return [{"ResourceType": kind, "Tags": tags}] if tags else None

    def call(self, service: str, name: str, **parameters: Any) -> dict[str, Any]:
        """Call the service with parameters in the template's casing and types; those that are None are left out.

        Raises:
            TemplateError: the API has no such member, or refused the call.
        """
        given = {key: value for key, value in parameters.items() if value is not None}
        try:
            request = shapes.to_request(operation(service, name).input_shape, given)
            return getattr(client(service, self.region), name)(**request)
        except shapes.UnknownMemberError as error:
            raise TemplateError(
                f"{self.place}: {error.path} is not a property of it",
                given=error.path,
                expected="one of " + ", ".join(error.known),
                mend="correct the property",
            ) from error
        except (ClientError, ParamValidationError) as error:
            raise TemplateError(
                f"{self.place}: {service} refused {name}",
                given=str(request)[:500],
                expected=str(error),
                mend="correct the properties of the resource",
            ) from error


@dataclass(frozen=True)
class Made:
    """A created resource: its `Ref`, and its attributes for `Fn::GetAtt`."""

    ref: str
    attributes: dict[str, Any] = field(default_factory=dict)
