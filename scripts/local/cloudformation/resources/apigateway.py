"""HTTP APIs of API Gateway: they are stored and returned; `lake serve` answers instead of them."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource

SERVICE = "apigatewayv2"


def _properties(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    """Those of the given properties that the service returns; boto3 writes them as templates do."""
    return {name: answer[name] for name in names if name in answer}


@handles("AWS::ApiGatewayV2::Api")
class Api(Handler):
    """An API and its address."""

    applied = frozenset({"Description", "DisableExecuteApiEndpoint", "Name", "ProtocolType", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Create the API."""
        answer = resource.call(SERVICE, "create_api", **resource.properties)
        return Made(answer["ApiId"], {"ApiEndpoint": answer["ApiEndpoint"], "ApiId": answer["ApiId"]})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the API in place: it keeps its address."""
        given = resource.without("ProtocolType", "Tags")
        resource.call(SERVICE, "update_api", ApiId=made.ref, **given)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the API."""
        resource.call(SERVICE, "delete_api", ApiId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The API as the service describes it."""
        return _properties(resource.call(SERVICE, "get_api", ApiId=made.ref), *self.applied)


@handles("AWS::ApiGatewayV2::Integration")
class Integration(Handler):
    """An integration: what a route calls."""

    applied = frozenset({"ApiId", "IntegrationType", "IntegrationUri", "PayloadFormatVersion"})

    def create(self, resource: Resource) -> Made:
        """Create the integration."""
        return Made(resource.call(SERVICE, "create_integration", **resource.properties)["IntegrationId"])

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the integration in place: routes point to it."""
        resource.call(SERVICE, "update_integration", IntegrationId=made.ref, **resource.properties)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the integration."""
        resource.call(SERVICE, "delete_integration", IntegrationId=made.ref, **resource.only("ApiId"))

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The integration as the service describes it."""
        found = resource.call(SERVICE, "get_integration", IntegrationId=made.ref, **resource.only("ApiId"))
        return _properties(found, *self.applied)


@handles("AWS::ApiGatewayV2::Route")
class Route(Handler):
    """A route: which requests go where, and how callers are authorized."""

    applied = frozenset({"ApiId", "AuthorizationType", "RouteKey", "Target"})

    def create(self, resource: Resource) -> Made:
        """Create the route."""
        return Made(resource.call(SERVICE, "create_route", **resource.properties)["RouteId"])

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the route in place."""
        resource.call(SERVICE, "update_route", RouteId=made.ref, **resource.properties)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the route."""
        resource.call(SERVICE, "delete_route", RouteId=made.ref, **resource.only("ApiId"))

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The route as the service describes it."""
        found = resource.call(SERVICE, "get_route", RouteId=made.ref, **resource.only("ApiId"))
        return _properties(found, *self.applied)


@handles("AWS::ApiGatewayV2::Stage")
class Stage(Handler):
    """A stage of an API: its throttling, and where its requests are logged."""

    applied = frozenset({"AccessLogSettings", "ApiId", "AutoDeploy", "DefaultRouteSettings", "StageName", "Tags"})

    def create(self, resource: Resource) -> Made:
        """Create the stage; an update recreates it, since moto cannot update stages."""
        return Made(resource.call(SERVICE, "create_stage", **resource.properties)["StageName"])

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the stage."""
        resource.call(SERVICE, "delete_stage", StageName=made.ref, **resource.only("ApiId"))

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The stage as the service describes it."""
        found = resource.call(SERVICE, "get_stage", StageName=made.ref, **resource.only("ApiId"))
        return _properties(found, *self.applied)
