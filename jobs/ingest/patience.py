"""Asks over HTTP with patience: several times within bounds, and never on at another address."""

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
SILENCE_SECONDS = 60
# Answers that may be others the next time, beside all faults of a server's own; 420 is Salesforce's.
PASSING_STATUSES = {408, 420, 425, 429}
SERVER_FAULT = 500


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A login must not follow an answer to another host."""

    def redirect_request(self, *_: object) -> None:
        """Take the answer for the error it is."""


def opener(context: ssl.SSLContext | None = None) -> urllib.request.OpenerDirector:
    """What asks at one address and nowhere else; with certificates of its own where a context has them."""
    return urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=context))


OPENER = opener()


def patiently(once: Callable[[], Result], passing: Callable[[urllib.error.HTTPError], str], asked: str) -> Result:
    """What `once` gives, which is called again when no whole answer came.

    Args:
        once: Asks, and reads the answer to its end.
        passing: The fault in words if it may pass; raises if not.
        asked: What is read, as the error tells it.

    Raises:
        SourceUnavailableError: no whole answer came, though asked for several times.
    """
    fault = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
            time.sleep(random.uniform(0, pause))  # noqa: S311 - spreads callers, hides nothing
        try:
            return once()
        except urllib.error.HTTPError as error:
            fault = passing(error)
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            fault = _told(error)
    raise SourceUnavailableError(f"{asked}: no whole answer", given=f"{fault}, {ATTEMPTS} times")


def may_pass(error: urllib.error.HTTPError) -> bool:
    """Whether the same question may be answered the next time."""
    return error.code in PASSING_STATUSES or error.code >= SERVER_FAULT


def _told(error: Exception) -> str:
    """A fault in the words of the operating system, else its name: what else it says may quote an address whole."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return (cause.strerror if isinstance(cause, OSError) else None) or type(cause).__name__
