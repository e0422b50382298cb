"""EMR Serverless applications."""

from __future__ import annotations

from typing import Any

from scripts.local import shapes
from scripts.local.api_models import operation
from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::EMRServerless::Application")
class Application(Handler):
    """An application; its settings are stored and returned, its capacity is this machine's."""

    applied = frozenset(
        {"Architecture", "AutoStartConfiguration", "AutoStopConfiguration", "ImageConfiguration", "InitialCapacity"}
        | {"InteractiveConfiguration", "MaximumCapacity", "MonitoringConfiguration", "Name", "NetworkConfiguration"}
        | {"ReleaseLabel", "RuntimeConfiguration", "SchedulerConfiguration", "Tags", "Type"}
    )

    def create(self, resource: Resource) -> Made:
        """Create the application."""
        answer = resource.call("emr-serverless", "create_application", **self._settings(resource))
        application = answer["applicationId"]
        return Made(application, {"ApplicationId": application, "Arn": answer["arn"]})

    def delete(self, resource: Resource, made: Made) -> None:
        """Stop and delete the application."""
        resource.call("emr-serverless", "stop_application", ApplicationId=made.ref)
        resource.call("emr-serverless", "delete_application", ApplicationId=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The application as the service describes it."""
        found = resource.call("emr-serverless", "get_application", ApplicationId=made.ref)["application"]
        shape = operation("emr-serverless", "get_application").output_shape.members["application"]
        names = ("Name", "ReleaseLabel", "Architecture", "MaximumCapacity", "NetworkConfiguration")
        pascal = shapes.to_pascal(shape, found)
        return {name: pascal[name] for name in names if name in pascal}

    def _settings(self, resource: Resource) -> dict[str, Any]:
        settings = resource.without("Tags", "InitialCapacity", "Type")
        settings["Type"] = resource.get("Type").upper()
        settings["Tags"] = resource.tags() or None
        if "MonitoringConfiguration" in settings:
            settings["MonitoringConfiguration"] = _monitoring(settings["MonitoringConfiguration"])
        if "InitialCapacity" in resource.properties:
            workers = resource.get("InitialCapacity")
            settings["InitialCapacity"] = {worker["Key"]: worker["Value"] for worker in workers}
        return settings


def _monitoring(configuration: dict[str, Any]) -> dict[str, Any]:
    """Rename the map of log types, whose name differs in the API, and turn the list of pairs into a map."""
    watch = configuration.get("CloudWatchLoggingConfiguration")
    if not watch or "LogTypeMap" not in watch:
        return configuration
    kept = {key: value for key, value in watch.items() if key != "LogTypeMap"}
    kept["LogTypes"] = {pair["Key"]: pair["Value"] for pair in watch["LogTypeMap"]}
    return {**configuration, "CloudWatchLoggingConfiguration": kept}
