"""A gate in front of a served account that admits only what the current step's role may do, as AWS would."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree as ET

from shared.names import lease_table, source_secret
from shared.serving import served_table
from tests.support.small_lake import ENV

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shared.jobs import Step
    from tests.support.policies import Role

    Asked = tuple[str, str, dict[str, str | list[str]]]

# A job run signs its requests with this key; requests signed with another are the test's, and are admitted.
JOB = "job"
CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/aws4_request")
# The KMS key that encrypts the objects of a bucket.
KEYS = {"pii": "Storage/PiiKey"}
TABLES = {lease_table(ENV): "Storage/Leases", served_table(ENV): "Storage/Served"}
WRITES, READS = "kms:GenerateDataKey", "kms:Decrypt"


class Gate:
    """Checks the requests to an account; `step` is the step whose role the requests of job runs are checked against.

    Args:
        roles: The roles of the steps.

    Attributes:
        refused: What was requested and refused, as `step: action on resource`.
        admitted: What was admitted.
    """

    def __init__(self, roles: Mapping[Step, Role]) -> None:
        self.roles, self.step = roles, next(iter(roles))
        self.account: Callable[..., Iterable[bytes]] = lambda *_: []
        self.refused: set[str] = set()
        self.admitted: set[tuple[Step, str]] = set()

    def before(self, account: Callable[..., Iterable[bytes]]) -> Gate:
        """Put the gate in front of an account."""
        self.account = account
        return self

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Admit a request, or answer that it is forbidden."""
        signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if signed is None or signed[1] != JOB:
            return self.account(environ, start_response)
        step, service = self.step, signed[2]
        asked = list(_asked_of_s3(environ) if service == "s3" else _asked_by_json(environ, service))
        denied = [a for a in asked if not self.roles[step].may(*a)]
        self.admitted |= {(step, action) for action, _, _ in asked if not denied}
        if not denied:
            return self.account(environ, start_response)
        self.refused |= {f"{step}: {action} on {resource}" for action, resource, _ in denied}
        return _forbidden(start_response, is_s3=service == "s3")


def _forbidden(start_response: Callable[..., Any], *, is_s3: bool) -> Iterable[bytes]:
    body = (
        b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        if is_s3
        else b'{"__type": "AccessDeniedException", "message": "not authorized"}'
    )
    kind = "application/xml" if is_s3 else "application/x-amz-json-1.1"
    start_response("403 Forbidden", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def _asked_of_s3(environ: dict[str, Any]) -> Iterable[Asked]:
    method, query = environ["REQUEST_METHOD"], parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    # The server has already decoded the path.
    bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
    place = f"arn:aws:s3:::{bucket}"
    if not key:
        if "delete" in query:
            yield from (("s3:DeleteObject", f"{place}/{k}", {}) for k in _keys_to_delete(_body(environ)))
        elif "location" in query:
            yield "s3:GetBucketLocation", place, {}
        else:
            yield "s3:ListBucket", place, {"s3:prefix": query["prefix"][0]} if "prefix" in query else {}
        return
    if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
        yield from _of_object("s3:GetObject", *unquote(source).lstrip("/").partition("/")[::2])
    actions = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "DELETE": "s3:DeleteObject"}
    is_abort = method == "DELETE" and "uploadId" in query
    yield from _of_object("s3:AbortMultipartUpload" if is_abort else actions.get(method, "s3:PutObject"), bucket, key)


def _of_object(action: str, bucket: str, key: str) -> Iterable[Asked]:
    encrypted = KEYS.get(bucket, "Storage/Key")
    yield action, f"arn:aws:s3:::{bucket}/{key}", {}
    if action == "s3:GetObject":
        yield READS, encrypted, {}
    elif action == "s3:PutObject":
        yield WRITES, encrypted, {}


def _asked_by_json(environ: dict[str, Any], service: str) -> Iterable[Asked]:
    target = environ["HTTP_X_AMZ_TARGET"].partition(".")[2]
    said = json.loads(_body(environ))
    if "TransactItems" in said:
        # A transaction needs the right to each of its actions, and none of its own.
        for kind, action in ((k, a) for item in said["TransactItems"] for k, a in item.items()):
            yield f"{service}:{kind}Item", TABLES[action["TableName"]], {}
        return
    secrets = source_secret(ENV, "")
    name = str(said.get("TableName", said.get("SecretId", said.get("Name", ""))))
    resource = TABLES.get(name, name)
    if name.startswith(secrets):
        resource = "Secrets/" + "".join(word.title() for word in name.removeprefix(secrets).split("-"))
    # The key of each item that a request names, from the attribute that is the key of leases.
    keys = [said["Key"]["table"]["S"]] if "table" in said.get("Key", {}) else []
    yield f"{service}:{target}", resource, {"dynamodb:LeadingKeys": keys} if keys else {}


def _body(environ: dict[str, Any]) -> bytes:
    """The body of a request; it is put back, so that it can be read again."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _keys_to_delete(body: bytes) -> list[str]:
    return [str(e.text) for e in ET.fromstring(body).iter() if e.tag.endswith("Key")]  # noqa: S314 - Spark wrote it
