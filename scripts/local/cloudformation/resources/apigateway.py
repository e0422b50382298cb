"""HTTP APIs of API Gateway: they are kept and shown; `lake serve` answers in their place."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource

SERVICE = "apigatewayv2"


def _properties(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    """The ones of these properties that the service tells; boto3 writes them as templates do."""
    return {name: answer[name] for name in names if name in answer}


@handles("AWS::ApiGatewayV2::Api")
class Api(Handler):
    """An API and its address."""

    applied = frozenset({"Description", "DisableExecuteApiEndpoint", "Name", "ProtocolType", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Make the API."""
        answer = resource.call(SERVICE, "create_api", **resource.properties)
        return Made(answer["ApiId"], {"ApiEndpoint": answer["ApiEndpoint"], "ApiId": answer["ApiId"]})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the API in place: it keeps its address."""
        given = resource.without("ProtocolType", "Tags")
        resource.call(SERVICE, "update_api", ApiId=made.ref, **given)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the API away."""
        resource.call(SERVICE, "delete_api", ApiId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The API as the service has it."""
        return _properties(resource.call(SERVICE, "get_api", ApiId=made.ref), *self.applied)


@handles("AWS::ApiGatewayV2::Integration")
class Integration(Handler):
    """What a route calls."""

    applied = frozenset({"ApiId", "IntegrationType", "IntegrationUri", "PayloadFormatVersion"})

    def create(self, resource: Resource) -> Made:
        """Make the integration."""
        return Made(resource.call(SERVICE, "create_integration", **resource.properties)["IntegrationId"])

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the integration in place: routes point to it."""
        resource.call(SERVICE, "update_integration", IntegrationId=made.ref, **resource.properties)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the integration away."""
        resource.call(SERVICE, "delete_integration", IntegrationId=made.ref, **resource.only("ApiId"))

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The integration as the service has it."""
        found = resource.call(SERVICE, "get_integration", IntegrationId=made.ref, **resource.only("ApiId"))
        return _properties(found, *self.applied)


@handles("AWS::ApiGatewayV2::Route")
class Route(Handler):
    """Which requests go where, and what is asked of who asks."""

    applied = frozenset({"ApiId", "AuthorizationType", "RouteKey", "Target"})

    def create(self, resource: Resource) -> Made:
        """Make the route."""
        return Made(resource.call(SERVICE, "create_route", **resource.properties)["RouteId"])

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the route in place."""
        resource.call(SERVICE, "update_route", RouteId=made.ref, **resource.properties)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the route away."""
        resource.call(SERVICE, "delete_route", RouteId=made.ref, **resource.only("ApiId"))

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The route as the service has it."""
        found = resource.call(SERVICE, "get_route", RouteId=made.ref, **resource.only("ApiId"))
        return _properties(found, *self.applied)


@handles("AWS::ApiGatewayV2::Stage")
class Stage(Handler):
    """What is deployed of an API, how much it takes, and where its requests are logged."""

    applied = frozenset({"AccessLogSettings", "ApiId", "AutoDeploy", "DefaultRouteSettings", "StageName", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Make the stage; an update makes it anew, since moto has none of stages."""
        return Made(resource.call(SERVICE, "create_stage", **resource.properties)["StageName"])

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the stage away."""
        resource.call(SERVICE, "delete_stage", StageName=made.ref, **resource.only("ApiId"))

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The stage as the service has it."""
        found = resource.call(SERVICE, "get_stage", StageName=made.ref, **resource.only("ApiId"))
        return _properties(found, *self.applied)
