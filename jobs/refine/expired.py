"""Which rows of an input are too old for the tables that are refined from it."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.typing import value_of
from jobs.runtime.retention import is_expired

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table


def outlived(rows: DataFrame, readers: Sequence[Table], business_date: date, *otherwise: Column) -> Column:
    """Whether the retention of every reader is over for a row; not where its age cannot be told.

    Args:
        rows: The input's rows, in a session without ANSI mode.
        readers: What is refined from them, each with a retention and without a query; at least one.
        business_date: The day that ages are counted from.
        otherwise: The moments that tell a row's age where its own does not fit its type.
    """
    over = []
    for reader in readers:
        if kept := reader.retention:
            column = next(c for c in reader.columns if c.name == kept.column)
            moment = F.coalesce(value_of(column, rows), *otherwise)
            over.append(is_expired(moment, kept, business_date))
    return reduce(and_, over)
