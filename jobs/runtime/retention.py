"""How far back something is kept, counted from the business date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def horizon_of(business_date: date, seconds: int) -> datetime:
    """The moment, UTC, before which nothing need be kept.

    It is counted from the business date, not from the greatest time seen: one row dated 2099 would empty the memory.
    """
    return datetime.combine(business_date, time(), UTC) - timedelta(seconds=seconds)


def is_before(column: str, horizon: datetime) -> str:
    """The predicate, in SQL, of a row whose time lies before a horizon."""
    return f"`{column}` < TIMESTAMP'{horizon:%Y-%m-%d %H:%M:%S}'"
