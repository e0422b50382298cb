"""Answers CloudFormation, which waits until the function of a custom resource calls it back.

Source: AWS CloudFormation user guide, "Custom resource request and response reference".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Callable

# CloudFormation takes no answer above 4 KiB.
REASON_LIMIT = 2000


def answer(event: dict[str, Any], resource_id: str, work: Callable[[dict[str, Any]], dict[str, str]]) -> None:
    """Do the work and report its result to CloudFormation; a deletion needs no work and succeeds.

    Args:
        event: CloudFormation's request.
        resource_id: The id of the resource, the same for every request, so that an update replaces nothing.
        work: Gives the attributes of the resource for its properties.

    Raises:
        Exception: what the work raised, after the failure was reported.
    """
    try:
        data = {} if event["RequestType"] == "Delete" else work(event["ResourceProperties"])
    except Exception as error:
        _call_back(event, resource_id, {"Status": "FAILED", "Reason": str(error)[:REASON_LIMIT]})
        raise
    _call_back(event, resource_id, {"Status": "SUCCESS", "Data": data})


def _call_back(event: dict[str, Any], resource_id: str, result: dict[str, Any]) -> None:
    same = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    body = json.dumps({"PhysicalResourceId": resource_id, **same, **result}).encode()
    # An empty content type: the address is signed for exactly that.
    request = Request(event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's own address
    with urlopen(request, timeout=30):  # noqa: S310 - as above
        pass
