"""Lambda functions, the permissions to call them, the queues they read, and what happens when a call fails."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource

_CONFIGURATION = frozenset(
    {"Architectures", "DeadLetterConfig", "Description", "Environment", "EphemeralStorage", "Handler", "KmsKeyArn"}
    | {"Layers", "LoggingConfig", "MemorySize", "PackageType", "Role", "Runtime", "Timeout", "TracingConfig"}
    | {"VpcConfig"}
)
# Layers are not fetched: the handler is imported from the checkout, whose environment already has their packages.
_CREATED = _CONFIGURATION - {"Layers"}
_FIXED = {"Architectures", "PackageType", "Code"}


@handles("AWS::Lambda::Function")
class Function(Handler):
    """A function; its handler is imported from the checkout when it is called."""

    applied = (_CONFIGURATION - {"Layers"}) | {"Code", "FunctionName", "ReservedConcurrentExecutions", "Tags"}
    idle = because(
        Layers="the handler is imported from the checkout, whose environment has what layers carry",
        RecursiveLoop="nothing watches for loops on a laptop",
        RuntimeManagementConfig="the runtime is this Python",
        SnapStart="the process is warm",
    )

    def create(self, resource: Resource) -> Made:
        """Create the function."""
        name = resource.get("FunctionName", resource.name)
        arn = resource.call(
            "lambda",
            "create_function",
            FunctionName=name,
            Tags=resource.tags() or None,
            **resource.only("Code", *_CREATED),
        )["FunctionArn"]
        if "ReservedConcurrentExecutions" in resource.properties:
            given = resource.only("ReservedConcurrentExecutions")
            resource.call("lambda", "put_function_concurrency", FunctionName=name, **given)
        return Made(name, {"Arn": arn})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change code and configuration in place."""
        resource.call("lambda", "update_function_code", FunctionName=made.ref, **resource.get("Code"))
        given = resource.only(*_CREATED - _FIXED)
        resource.call("lambda", "update_function_configuration", FunctionName=made.ref, **given)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the function."""
        resource.call("lambda", "delete_function", FunctionName=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The function as the service describes it."""
        found = resource.call("lambda", "get_function_configuration", FunctionName=made.ref)
        names = ("Handler", "Runtime", "Timeout", "MemorySize", "Environment", "Role")
        return {name: found[name] for name in names if name in found}


@handles("AWS::Lambda::Permission")
class Permission(Handler):
    """A permission to call a function."""

    applied = frozenset({"Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"})

    def create(self, resource: Resource) -> Made:
        """Add the permission."""
        statement = resource.name[-100:]
        resource.call("lambda", "add_permission", StatementId=statement, **resource.properties)
        return Made(statement)

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the permission."""
        name = resource.get("FunctionName")
        resource.call("lambda", "remove_permission", FunctionName=name, StatementId=made.ref)


@handles("AWS::Lambda::EventSourceMapping")
class EventSourceMapping(Handler):
    """A queue whose messages a function is called with."""

    _changing = frozenset(
        {"BatchSize", "Enabled", "FunctionName", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds"}
        | {"ScalingConfig"}
    )
    applied = _changing | {"EventSourceArn", "Tags"}

    def create(self, resource: Resource) -> Made:
        """Map the queue to the function."""
        given = resource.without("Tags")
        answer = resource.call("lambda", "create_event_source_mapping", Tags=resource.tags() or None, **given)
        return Made(answer["UUID"], {"Id": answer["UUID"]})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the mapping in place."""
        given = resource.only(*self._changing)
        resource.call("lambda", "update_event_source_mapping", UUID=made.ref, **given)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the mapping; the messages stay in the queue."""
        resource.call("lambda", "delete_event_source_mapping", UUID=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The mapping as the service describes it."""
        found = resource.call("lambda", "get_event_source_mapping", UUID=made.ref)
        names = ("BatchSize", "EventSourceArn", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds")
        return {name: found[name] for name in names if name in found}


@handles("AWS::Lambda::EventInvokeConfig")
class EventInvokeConfig(Handler):
    """What happens after an asynchronous call that fails."""

    applied = frozenset(
        {"DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"}
    )

    def create(self, resource: Resource) -> Made:
        """Put the configuration on the function."""
        # moto has one configuration per function, for its latest version
        given = resource.without("Qualifier")
        resource.call("lambda", "put_function_event_invoke_config", **given)
        return Made(resource.name)

    def update(self, resource: Resource, made: Made) -> Made:
        """Replace the old configuration with the new one."""
        return self.create(resource)
