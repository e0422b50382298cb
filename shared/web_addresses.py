"""Web addresses, and which of them a login may be sent to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

WEB = ("https://", "http://")
LOGIN = re.compile(r"//[^/]*@")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_web(text: str) -> bool:
    """Whether a text is a web address, safe or not."""
    return text.lower().startswith(WEB)


def is_safe(address: str) -> bool:
    """Whether a login may be sent there: over TLS, or without leaving this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def is_bare(address: str) -> bool:
    """Whether it is safe, names a host, and has no login, query or fragment: others may read it and add a path."""
    try:
        parts = urlsplit(address)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    others = (parts.username, parts.password, parts.query, parts.fragment)
    return has_place and not any(others) and not any(c.isspace() for c in address) and is_safe(address)


def without_login(address: str) -> str:
    """An address that errors may show: without user, password, query and fragment, any of which may hold a key."""
    return LOGIN.sub("//", re.split("[?#]", address)[0])
