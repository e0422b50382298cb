"""Types of moments, and moments as positions write them."""

from __future__ import annotations

from datetime import UTC, datetime

# The types of a contract's columns that hold one.
MOMENTS = ("timestamp", "date")


def moment_of(text: str) -> datetime:
    """The moment that a cursor's text says, in UTC; one without a zone is in UTC already.

    Raises:
        ValueError: it says none.
    """
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
