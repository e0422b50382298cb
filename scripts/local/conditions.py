"""Conditions of DynamoDB: one write is decided and done before the next, as the service does it for an item.

What moto 5.2.5 does otherwise: it looks at the condition and writes afterwards, and another thread may come in between,
so that two owners get one lease.
"""

from __future__ import annotations

import threading
from functools import wraps
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import DynamoDBBackend

from scripts.local.patching import once

if TYPE_CHECKING:
    from collections.abc import Callable

# A transaction writes its items by these, too.
WRITES = ("put_item", "update_item", "delete_item")
# One of them may be done by another.
_turn = threading.RLock()


def install() -> None:
    """Let moto decide writes one by one; a second call changes nothing."""
    for name in WRITES:
        once(DynamoDBBackend, name, _one_by_one)


def _one_by_one(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def write(*given: Any, **named: Any) -> Any:
        with _turn:
            return original(*given, **named)

    return write
