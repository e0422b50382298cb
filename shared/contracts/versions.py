"""How a table keeps the versions of its rows, and what the engine adds to each."""

from __future__ import annotations

from dataclasses import dataclass

# What the engine adds to the versions of a history; a contract cannot declare them.
VALID_FROM, VALID_TO, IS_CURRENT = "valid_from", "valid_to", "is_current"


@dataclass(frozen=True, kw_only=True)
class History:
    """How a table keeps the versions of its rows (`storedAsScdType: 2`).

    `untracked` columns open no version when they change. With `ignore_null_updates` a null says that a column is as it
    was. Events are kept for ever when `event_retention_seconds` is None.
    """

    untracked: tuple[str, ...] = ()
    ignore_null_updates: bool = False
    event_retention_seconds: int | None = None
