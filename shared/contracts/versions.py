"""How a table keeps the versions of its rows, and the columns that the engine adds to each."""

from __future__ import annotations

from dataclasses import dataclass

# The columns that the engine adds to the versions of a history; a contract cannot declare them.
VALID_FROM, VALID_TO, IS_CURRENT = "valid_from", "valid_to", "is_current"


@dataclass(frozen=True, kw_only=True)
class History:
    """How a table keeps the versions of its rows (`storedAsScdType: 2`).

    Attributes:
        untracked: Columns whose change begins no version.
        ignore_null_updates: Whether a null means that the column has not changed.
        event_retention_seconds: How long events are kept; None is for ever.
    """

    untracked: tuple[str, ...] = ()
    ignore_null_updates: bool = False
    event_retention_seconds: int | None = None
