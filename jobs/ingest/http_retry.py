"""HTTP requests with bounded retries of transient faults, and without following redirects."""

from __future__ import annotations

import http.client
import json
import random
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, TypeVar

from shared.errors import SourceUnavailableError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

Result = TypeVar("Result")

ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15
READ_TIMEOUT_SECONDS = 60
# Worth a retry, like every fault of the server's own (5xx); 420 is Salesforce's.
TRANSIENT_STATUSES = {408, 420, 425, 429}
SERVER_FAULT = 500


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a login must not be sent to another host."""

    def redirect_request(self, *_: object) -> None:
        """Leave the redirect an HTTPError."""


def build_opener(context: ssl.SSLContext | None = None) -> urllib.request.OpenerDirector:
    """An opener that follows no redirects; a TLS context may bring its own certificates."""
    return urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=context))


OPENER = build_opener()


def with_retries(
    once: Callable[[], Result], transient_fault: Callable[[urllib.error.HTTPError], str], error_context: str
) -> Result:
    """The result of `once`, which is called again, with growing pauses, until a whole answer has come.

    Args:
        once: Sends the request and reads the answer to its end.
        transient_fault: Describes an error that is worth a retry; raises for any other.
        error_context: What is being read; errors begin with it.

    Raises:
        SourceUnavailableError: no whole answer came in any of the attempts.
    """
    fault = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
            time.sleep(random.uniform(0, pause))  # noqa: S311 - spreads callers, hides nothing
        try:
            return once()
        except urllib.error.HTTPError as error:
            fault = transient_fault(error)
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            fault = _fault_in_words(error)
    raise SourceUnavailableError(f"{error_context}: no whole answer", given=f"{fault}, {ATTEMPTS} times")


def is_transient(error: urllib.error.HTTPError) -> bool:
    """Whether the same request is worth a retry."""
    return error.code in TRANSIENT_STATUSES or error.code >= SERVER_FAULT


def _fault_in_words(error: Exception) -> str:
    """The operating system's words for a fault, else its class: the rest of its text may quote an address in full."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return (cause.strerror if isinstance(cause, OSError) else None) or type(cause).__name__
