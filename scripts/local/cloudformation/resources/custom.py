"""Custom resources: a function is called, and calls back, as with CloudFormation."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

from scripts.local.cloudformation.errors import TemplateError
from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource
from shared.events import CLUSTER_BROKERS, DECLARED_ACCESS, AccessDeclared, ClusterMade

if TYPE_CHECKING:
    from collections.abc import Iterator


class Custom(Handler):
    """A resource that a function makes."""

    def create(self, resource: Resource) -> Made:
        """Have the function create it."""
        return _made(resource, "Create")

    def update(self, resource: Resource, made: Made) -> Made:
        """Have the function change it."""
        return _made(resource, "Update")

    def delete(self, resource: Resource, made: Made) -> None:
        """Have the function delete it."""
        _made(resource, "Delete")


@handles(DECLARED_ACCESS)
class DeclaredAccess(Custom):
    """The access that contracts declare, which a function applies to Lake Formation."""

    applied = frozenset(AccessDeclared.model_fields)


@handles(CLUSTER_BROKERS)
class ClusterBrokers(Custom):
    """The bootstrap addresses of a Kafka cluster, which a function asks for."""

    applied = frozenset(ClusterMade.model_fields)


def _made(resource: Resource, kind: str) -> Made:
    with _called_back() as (address, said):
        event = {
            "RequestType": kind,
            "ResponseURL": address,
            "StackId": resource.stack,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": resource.logical_id,
            "ResourceType": resource.kind,
            "ResourceProperties": resource.properties,
        }
        token = resource.get("ServiceToken")
        resource.call("lambda", "invoke", FunctionName=token, Payload=json.dumps(event).encode())
    answer = said.get("answer", {"Status": "FAILED", "Reason": "the function did not call back"})
    if answer["Status"] != "SUCCESS":
        raise TemplateError(
            f"{resource.place}: its function failed",
            given=kind,
            expected=answer["Reason"],
            mend="fix what the function reports",
        )
    return Made(answer["PhysicalResourceId"], answer.get("Data", {}))


@contextmanager
def _called_back() -> Iterator[tuple[str, dict[str, Any]]]:
    """A local HTTP address that receives one answer, and that answer."""
    said: dict[str, Any] = {}

    class Answers(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            said["answer"] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", said
        finally:
            server.shutdown()
            thread.join()
