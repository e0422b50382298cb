"""Requests to a Salesforce org: one token, renewed once when it has expired, and bounded retries."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jobs.ingest.http_retry import OPENER, READ_TIMEOUT_SECONDS, is_transient, with_retries
from jobs.ingest.salesforce.secret import SalesforceSecret
from shared.errors import LakewrightError, SourceContentError, TerminalError
from shared.web_addresses import is_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.ingest.http_retry import Result

    Answer = http.client.HTTPResponse

API = "/services/data/v62.0"
TOKEN = "/services/oauth2/token"  # noqa: S105 - a path
EXPIRED = 401
REFUSED = 403
CONTENT_FAULTS = {400, 404, 405}
# Worth a retry, though their status alone would be a refusal.
TRANSIENT_CODES = {"REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "UNABLE_TO_LOCK_ROW", "login rate exceeded"}
# Errors whose messages are about names only; others may quote values.
SAFE_CODES = {"INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY", "NOT_FOUND", "INVALID_QUERY_FILTER_OPERATOR"}
LONGEST_MESSAGE = 300


@dataclass
class Org:
    """A session with an org.

    `error_context` is system, object and position; errors begin with it.
    """

    credentials: SalesforceSecret
    error_context: str
    requests: int = 0
    _login: tuple[str, str] | None = field(default=None, repr=False)

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The JSON at a path below the API's root.

        Raises:
            SourceUnavailableError: no whole answer came in any of the attempts.
            SourceContentError: the org does not have the object or a field.
            TerminalError: the login or the request was refused.
        """
        return self.request("GET", path, json.load)

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Send JSON, and return the answer's; raises as `get` does."""
        return self.request("POST", path, json.load, json.dumps(body).encode())

    def request(self, method: str, path: str, read: Callable[[Answer], Result], body: bytes | None = None) -> Result:
        """What `read` makes of an answer; after an answer that broke off it is called again with a new one.

        Raises as `get` does.
        """

        def once() -> Result:
            token, instance = self._login or self._log_in()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "*/*"}
            return self._open(instance + API + path, method, headers, body, read)

        renewed = False
        while True:
            try:
                return with_retries(once, self._transient_fault, self.error_context)
            except _ExpiredError:
                if renewed:
                    raise self._refused("the token is refused", "401 after a new login") from None
                renewed, self._login = True, None

    def _log_in(self) -> tuple[str, str]:
        form = urlencode(self.credentials.grant(datetime.now(UTC))).encode()
        url = self.credentials.login_url.rstrip("/") + TOKEN
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._open(url, "POST", headers, form, json.load)
        token, instance = str(answer.get("access_token", "")), str(answer.get("instance_url", "")).rstrip("/")
        if not token or not is_safe(instance):
            raise self._refused("the login gave no token, or no safe address", "access_token, https:// instance_url")
        self._login = token, instance
        return self._login

    def _open(
        self, url: str, method: str, headers: dict[str, str], body: bytes | None, read: Callable[[Answer], Result]
    ) -> Result:
        self.requests += 1
        request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - `is_safe` has seen it
        with OPENER.open(request, timeout=READ_TIMEOUT_SECONDS) as answer:
            return read(answer)

    def _transient_fault(self, error: urllib.error.HTTPError) -> str:
        """Describe a fault that is worth a retry; raise for any other."""
        with error:
            code, message = _code_and_message(error)
        status = f"status {error.code} {code}".rstrip()
        if is_transient(error) or code in TRANSIENT_CODES or message in TRANSIENT_CODES:
            return status
        if error.url.endswith(TOKEN):
            raise self._refused("the login was refused", status) from None
        if error.code == EXPIRED:
            raise _ExpiredError
        if error.code in CONTENT_FAULTS:
            given = f"{status}: {message}" if code in SAFE_CODES and message else status
            raise SourceContentError(
                f"{self.error_context}: the object or a field is not there, or not for this user",
                given=given,
                mend="change the contract, or grant the connected app's user access",
            ) from None
        raise self._refused("the request was refused", status) from None

    def _refused(self, what: str, given: str) -> LakewrightError:
        return TerminalError(
            f"{self.error_context}: {what}",
            given=given,
            mend="put the secret with `./lake secrets put`, or grant the connected app's user access",
        )


class _ExpiredError(Exception):
    """The token is no longer good."""


def _code_and_message(error: urllib.error.HTTPError) -> tuple[str, str]:
    """Salesforce's code and message for an error: REST answers with a list, OAuth with an object."""
    try:
        content = json.loads(error.read(64 * 1024))
        first = content[0] if isinstance(content, list) else content
        code = first.get("errorCode") or first.get("error") or ""
        return str(code), str(first.get("message") or first.get("error_description") or "")[:LONGEST_MESSAGE]
    except (OSError, http.client.HTTPException, ValueError, AttributeError, IndexError):
        return "", ""
