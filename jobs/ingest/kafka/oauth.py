"""OAuth 2.0 client credentials: tokens for Kafka's brokers and for a schema registry.

Source: RFC 6749, 4.4 and 2.3.1. The names of Confluent Cloud's two extensions are from its page
"OAuth Configuration Reference for Confluent Cloud Clients".
"""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from jobs.ingest.http_retry import OPENER, READ_TIMEOUT_SECONDS, is_transient, with_retries
from shared.errors import SourceContentError, TerminalError
from shared.web_addresses import is_bare

if TYPE_CHECKING:
    from urllib.error import HTTPError

LOGIN_MODULE = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
HANDLER = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"
LARGEST_BYTES = 256 * 1024
# RFC 6749, 5.2: 400 with `invalid_client`, `invalid_scope` and the like, 401 where the header was meant.
REFUSED = {400, 401, 403}
# A token is renewed so long before it expires; one without an expiry is used for as long.
SPARE_SECONDS = 60
_tokens: dict[TokenLogin, Token] = {}


def _bare(url: str) -> str:
    if not is_bare(url):
        raise ValueError("an https:// address, without login, query and fragment, is needed")
    return url


Address = Annotated[str, AfterValidator(_bare)]


class TokenLogin(BaseModel):
    """A token endpoint and the client's credentials; the last two fields are for Confluent Cloud alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token_url: Address
    client_id: str
    client_secret: SecretStr
    scope: str | None = None
    logical_cluster: str | None = None
    identity_pool: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a Kafka client in Java, which fetches its tokens itself."""
        options = {"clientId": self.client_id, "clientSecret": self.client_secret.get_secret_value()}
        others = {
            "scope": self.scope,
            "extension_logicalCluster": self.logical_cluster,
            "extension_identityPoolId": self.identity_pool,
        }
        options |= {name: value for name, value in others.items() if value is not None}
        return {
            "sasl.login.callback.handler.class": HANDLER,
            "sasl.oauthbearer.token.endpoint.url": self.token_url,
            "sasl.jaas.config": jaas(LOGIN_MODULE, options),
        }

    @property
    def headers(self) -> dict[str, str]:
        """The headers that a registry of Confluent Cloud needs beside the token."""
        extensions = {"target-sr-cluster": self.logical_cluster, "Confluent-Identity-Pool-Id": self.identity_pool}
        return {name: value for name, value in extensions.items() if value is not None}


@dataclass(frozen=True)
class Token:
    """A token and the moment, on this process's monotonic clock, from which it is renewed."""

    text: SecretStr
    until: float

    @property
    def is_fresh(self) -> bool:
        """Whether it may still be used."""
        return time.monotonic() < self.until

    @property
    def header(self) -> dict[str, str]:
        """The header that carries it."""
        return {"Authorization": f"Bearer {self.text.get_secret_value()}"}


def find_token(login: TokenLogin, error_context: str, secret: str) -> Token:
    """The cached token of a login, or a new one when that expires soon.

    Args:
        login: Endpoint and credentials.
        error_context: What the token is for; errors begin with it.
        secret: The secret that holds the login, for errors.

    Raises:
        SourceUnavailableError: no whole answer came in any of the attempts.
        SourceContentError: the address is no token endpoint.
        TerminalError: the login was refused.
    """
    known = _tokens.get(login)
    if known is None or not known.is_fresh:
        place = f"{error_context}, a token from {urlsplit(login.token_url).netloc}"
        answer = with_retries(lambda: _ask(login), lambda error: _transient_fault(error, place, secret), place)
        known = _tokens[login] = _token(answer, place)
    return known


def is_held(login: TokenLogin) -> bool:
    """Whether a token is at hand that would be shown once more."""
    known = _tokens.get(login)
    return known is not None and known.is_fresh


def forget_token(login: TokenLogin) -> None:
    """Ask for another token the next time: whoever is shown this one takes it no more."""
    _tokens.pop(login, None)


def forget_tokens() -> None:
    """Empty the cache of tokens."""
    _tokens.clear()


def basic(user: str, password: SecretStr) -> dict[str, str]:
    """The header of a login by name and password."""
    pair = f"{user}:{password.get_secret_value()}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def jaas(module: str, options: dict[str, str]) -> str:
    """A JAAS login entry, with its values quoted and escaped."""
    return f"{module} required {' '.join(f'{name}={_quoted(value)}' for name, value in options.items())};"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _ask(login: TokenLogin) -> Any:  # noqa: ANN401 - JSON
    form = {"grant_type": "client_credentials"} | ({"scope": login.scope} if login.scope else {})
    headers = basic(login.client_id, login.client_secret) | {"Accept": "application/json", "User-Agent": "lakewright"}
    request = urllib.request.Request(login.token_url, urlencode(form).encode(), headers)  # noqa: S310 - `is_bare` has seen it
    with OPENER.open(request, timeout=READ_TIMEOUT_SECONDS) as answer:
        return json.loads(answer.read(LARGEST_BYTES).decode(errors="replace"))


def _transient_fault(error: HTTPError, error_context: str, secret: str) -> str:
    """Describe a fault that is worth a retry; raise for any other."""
    error.close()
    status = f"status {error.code}"
    if is_transient(error):
        return status
    if error.code in REFUSED:
        raise TerminalError(
            f"{error_context}: the login was refused",
            given=status,
            mend=f"put the right client_id, client_secret and scope as oauth into the secret {secret}",
        ) from None
    raise _no_tokens(error_context, status) from None


def _token(answer: Any, error_context: str) -> Token:  # noqa: ANN401 - JSON
    given = answer if isinstance(answer, dict) else {}
    text, lasts = given.get("access_token"), given.get("expires_in", 2 * SPARE_SECONDS)
    # Anything else would break the header it goes into.
    if not isinstance(text, str) or not re.fullmatch(r"[\x21-\x7e]+", text):
        raise _no_tokens(error_context, "an answer without access_token")
    try:
        seconds = float(lasts)
    except (TypeError, ValueError):
        raise _no_tokens(error_context, "an expires_in that is no number") from None
    return Token(SecretStr(text), time.monotonic() + seconds - SPARE_SECONDS)


def _no_tokens(error_context: str, given: str) -> SourceContentError:
    return SourceContentError(
        f"{error_context}: the address does not give tokens",
        given=given,
        expected="a token endpoint of OAuth 2.0, for client credentials",
        mend="say the right token_url as oauth in the system's secret",
    )
