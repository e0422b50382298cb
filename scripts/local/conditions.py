"""Conditional writes of DynamoDB: each is checked and done before the next begins, as in the service for an item.

What moto 5.2.5 does differently: another thread can write between its check of a condition and its write, so that two
owners get one lease.
"""

from __future__ import annotations

import threading
from functools import wraps
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import DynamoDBBackend

from scripts.local.patching import once

if TYPE_CHECKING:
    from collections.abc import Callable

# A transaction uses these to write its items, too.
WRITES = ("put_item", "update_item", "delete_item")
# Reentrant: one of them may call another.
_writing = threading.RLock()


def install() -> None:
    """Make moto do writes one by one; a second call changes nothing."""
    for name in WRITES:
        once(DynamoDBBackend, name, _serialized)


def _serialized(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def write(*given: Any, **named: Any) -> Any:
        with _writing:
            return original(*given, **named)

    return write
