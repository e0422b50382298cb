"""A client of a schema registry over HTTP, by the API of Confluent's registry, which others share.

Source: Confluent Platform, "Schema Registry API Reference": `GET /schemas/ids/{id}`,
`GET /subjects/{subject}/versions/{version}`, and the error codes 40401 to 40403 with status 404.
"""

from __future__ import annotations

import json
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from jobs.ingest.http_retry import OPENER, READ_TIMEOUT_SECONDS, is_transient, with_retries
from jobs.ingest.kafka.connection import read_connection
from jobs.ingest.kafka.oauth import forget_token, forget_tokens, is_held
from shared.errors import SourceContentError, TerminalError
from shared.names import source_secret

if TYPE_CHECKING:
    from jobs.ingest.kafka.registry_login import RegistryLogin
    from shared.contracts import Source

AVRO_KIND = "AVRO"
ACCEPT = "application/vnd.schemaregistry.v1+json, application/json"
# A registry keeps a schema in a record of Kafka, which has 1 MiB at most unless somebody allowed more.
LARGEST_BYTES = 4 * 2**20
EXPIRED = 401
REFUSED = {EXPIRED, 403}
NOT_THERE = 404
# OpenSSL's words where one side does not trust the other's certificate.
UNTRUSTED = re.compile("CERTIFICATE|UNKNOWN_CA")
# Subject, version or schema; a 404 with another code, or none, comes from a place that is no registry.
UNKNOWN_CODES = {40401, 40402, 40403}
# What was registered never changes, so a process keeps it; what was not there is looked up again.
_known: dict[tuple[str, str], Registered] = {}


@dataclass(frozen=True)
class Registered:
    """A schema as it was registered: its kind, its text, and the paths of the schemas it refers to."""

    kind: str
    text: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Registry:
    """A schema registry, read for one topic.

    For errors, `error_context` is system and topic, and `secret` the name of the secret that holds the login.
    """

    address: str
    error_context: str
    secret: str
    login: RegistryLogin | None = field(default=None, repr=False)

    def schema(self, schema_id: str) -> Registered | None:
        """The schema of an id, None when there is none.

        Raises:
            SourceUnavailableError: no whole answer came in any of the attempts.
            SourceContentError: the address is no registry.
            TerminalError: the login was refused.
        """
        return self._find(f"/schemas/ids/{schema_id}", f"schema {schema_id}")

    def referred(self, schema: Registered) -> list[Registered]:
        """The schemas that a schema refers to, and those that these refer to; raises as `schema` does."""
        found: dict[str, Registered] = {}
        waiting = [*schema.references]
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            other = self._find(path, f"the schema that is referred to, {path}")
            if other is None:
                raise SourceContentError(
                    f"{self.error_context}: a schema refers to one that the registry does not have",
                    given=path,
                    mend="register it there again",
                )
            found[path] = other
            waiting += other.references
        return list(found.values())

    def _find(self, path: str, what: str) -> Registered | None:
        known = _known.get((self.address, path))
        if known is None:
            error_context = f"{self.error_context}, {what} of the registry {self._host}"
            answer = self._answer(path, error_context)
            if answer is None:
                return None
            known = _known[self.address, path] = _registered(answer, error_context)
        return known

    def _answer(self, path: str, error_context: str) -> Any:  # noqa: ANN401 - JSON
        oauth = self.login.oauth if self.login else None
        was_held = oauth is not None and is_held(oauth)
        login_headers = self.login.headers(self.error_context, self.secret) if self.login else {}

        def transient_fault(error: urllib.error.HTTPError) -> str:
            if was_held and error.code == EXPIRED:
                error.close()
                raise _ExpiredError
            return self._transient_fault(error, error_context)

        try:
            return with_retries(lambda: self._open(path, login_headers), transient_fault, error_context)
        except _ExpiredError:
            # It was good when it was given; another one is asked for once.
            if oauth:
                forget_token(oauth)
            return self._answer(path, error_context)

    def _open(self, path: str, login_headers: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        headers = {"Accept": ACCEPT, "User-Agent": "lakewright"} | login_headers
        request = urllib.request.Request(self.address.rstrip("/") + path, headers=headers)  # noqa: S310 - `is_bare` has seen it
        try:
            with self._opener.open(request, timeout=READ_TIMEOUT_SECONDS) as answer:
                content = answer.read(LARGEST_BYTES + 1)
        except urllib.error.HTTPError as error:
            if error.code == NOT_THERE and _code(error) in UNKNOWN_CODES:
                error.close()
                return None
            raise
        except OSError as error:
            self._refuse_untrusted(error)
            raise
        return json.loads(content.decode(errors="replace")) if len(content) <= LARGEST_BYTES else {}

    @property
    def _host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def _opener(self) -> urllib.request.OpenerDirector:
        return self.login.opener if self.login else OPENER

    def _refuse_untrusted(self, error: OSError) -> None:
        """Raise if one side does not trust the other's certificate, which a retry does not mend."""
        said = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(said, ssl.SSLError) and UNTRUSTED.search(said.reason or ""):
            raise TerminalError(
                f"{self.error_context}: a certificate was refused, the registry's {self._host} or ours",
                given=said.reason,
                mend="put schema_registry, with tls and in it ca or certificate and private_key, into the secret "
                f"{self.secret}",
            ) from None

    def _transient_fault(self, error: urllib.error.HTTPError, error_context: str) -> str:
        """Describe a fault that is worth a retry; raise for any other."""
        error.close()
        status = f"status {error.code}"
        if is_transient(error):
            return status
        if error.code in REFUSED:
            is_named = self.login is not None and not self.login.is_open
            raise TerminalError(
                f"{error_context}: the login was refused",
                given=status if is_named else f"{status}, asked without a login",
                mend="put schema_registry, with url, username and password or oauth, into the secret "
                f"{self.secret}, or grant that user the schemas",
            ) from None
        raise _no_registry(error_context, status) from None


class _ExpiredError(Exception):
    """A token that was at hand is no longer good."""


def registry_of(source: Source, env: str) -> Registry | None:
    """The registry of a topic's schemas, from the system's secret or else the contract; None when neither names one.

    A login is sent to no address but the one beside it in the secret.

    Raises:
        SourceUnavailableError: Secrets Manager or SSM did not answer.
        TerminalError: the system has no connection, or it cannot be parsed.
    """
    if source.registry is None:
        return None
    login = read_connection(env, source.system).schema_registry
    address = login.url if login else source.registry
    error_context = f"{source.system}, topic {source.object}"
    return Registry(address, error_context, source_secret(env, source.system), login)


def forget() -> None:
    """Empty the caches of schemas and tokens."""
    _known.clear()
    forget_tokens()


def _code(error: urllib.error.HTTPError) -> object:
    try:
        answer = json.loads(error.read(64 * 1024))
    except ValueError:
        return None
    return answer.get("error_code") if isinstance(answer, dict) else None


def _registered(answer: Any, error_context: str) -> Registered:  # noqa: ANN401 - JSON
    try:
        text, kind = answer["schema"], answer.get("schemaType") or AVRO_KIND
        references = tuple(_path(r["subject"], r["version"]) for r in answer.get("references") or ())
    except (AttributeError, KeyError, TypeError):
        raise _no_registry(error_context, "an answer without a schema, or one too large") from None
    return Registered(str(kind), str(text), references)


def _path(subject: str, version: int) -> str:
    # Deleted ones, too: a schema that refers to them still counts on them.
    return f"/subjects/{quote(subject, safe='')}/versions/{version}?deleted=true"


def _no_registry(error_context: str, given: str) -> SourceContentError:
    return SourceContentError(
        f"{error_context}: the address does not give schemas",
        given=given,
        expected="the API of Confluent's schema registry",
        mend="say the registry's address in the contract's schemas, or as schema_registry.url in the system's secret",
    )
