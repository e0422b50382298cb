"""The column types of moments, and moments as positions have them in text."""

from __future__ import annotations

from datetime import UTC, datetime

# The types of a contract's columns that hold moments.
MOMENTS = ("timestamp", "date")


def moment_of(text: str) -> datetime:
    """Parse the text of a cursor as a moment in UTC; without a zone it is in UTC already.

    Raises:
        ValueError: it is no moment.
    """
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
