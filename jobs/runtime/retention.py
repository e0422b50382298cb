"""How far back something is kept, counted from the business date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

    from shared.contracts.retention import Retention


def horizon_of(business_date: date, seconds: int) -> datetime:
    """The moment, UTC, before which nothing need be kept.

    It is counted from the business date, not from the greatest time seen: one row dated 2099 would empty the memory.
    """
    return datetime.combine(business_date, time(), UTC) - timedelta(seconds=seconds)


def is_before(column: str, horizon: datetime) -> str:
    """The predicate, in SQL, of a row whose time lies before a horizon."""
    return f"`{column}` < TIMESTAMP'{horizon:%Y-%m-%d %H:%M:%S}'"


def is_expired(moment: Column, kept: Retention, business_date: date) -> Column:
    """Whether a row of a moment need not be kept any more; one without a moment is kept."""
    return moment.isNotNull() & (moment < F.lit(kept.horizon(business_date)))
