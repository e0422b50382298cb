"""How far back rows are kept, counted from the business date, or from today if that date is in the future."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.casts import value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table
    from shared.contracts.retention import Retention
    from shared.jobs import Job


def horizon_of(day: date, seconds: int) -> datetime:
    """The moment, UTC, before which nothing need be kept.

    It is counted from a given day, not from the greatest time seen: one row dated 2099 would expire everything kept.
    """
    return datetime.combine(day, time(), UTC) - timedelta(seconds=seconds)


def month_of(horizon: datetime) -> datetime:
    """The first of the month that a horizon lies in.

    Rows from before a horizon are deleted only once it enters a new month. The horizon moves every day, and in a table
    clustered by key nearly every file has a row of each day, so nearly all files would be rewritten daily.
    """
    return datetime(horizon.year, horizon.month, 1, tzinfo=horizon.tzinfo)


def is_before(column: str, horizon: datetime) -> str:
    """The SQL predicate that a row's time is before a horizon."""
    return f"`{column}` < TIMESTAMP'{horizon:%Y-%m-%d %H:%M:%S}'"


def day_of_ages(job: Job) -> date:
    """The day from which ages are counted: a job's business date, or today if that date is in the future.

    A mistyped business date must not delete rows that cannot be brought back.
    """
    return min(job.business_date, datetime.now(UTC).date())


def is_expired(moment: Column, kept: Retention, day: date) -> Column:
    """Whether the retention of a row with the given moment has ended; a row without a moment is kept."""
    return moment.isNotNull() & (moment < F.lit(kept.horizon(day)))


def is_expired_for_all(rows: DataFrame, readers: Sequence[Table], day: date, *otherwise: Column) -> Column:
    """Whether a row is too old for every table that reads it; false if its age is not known.

    Args:
        rows: The input's rows, in a session without ANSI mode.
        readers: The tables refined from them, each with a retention and without a query; at least one.
        day: The day from which ages are counted.
        otherwise: The moments to take a row's age from, in this order, if its own does not fit its type.
    """
    over = []
    for reader in readers:
        if kept := reader.retention:
            column = next(c for c in reader.columns if c.name == kept.column)
            moment = F.coalesce(value_of(column, rows), *otherwise)
            over.append(is_expired(moment, kept, day))
    return reduce(and_, over)
