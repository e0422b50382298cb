"""Casts a source's values to the contract's columns and types; no value becomes null without failing a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.origin import origin
from jobs.refine.rules import given
from jobs.refine.treatment import shown
from jobs.runtime.casts import cast
from jobs.runtime.versions import IS_DELETE
from shared.contracts.landed import CARRIED_COLUMNS
from shared.landed_columns import SOURCE_POSITION

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from shared.contracts import Table

AS_GIVEN = "_as_given"
MARKED = "_marked_position"


def typed(rows: DataFrame, table: Table) -> DataFrame:
    """Cast every column as the contract says.

    Grain: one row in, one row out. Adds the contract's columns in their types; `_given_<column>`, whether there was
    a value before the cast; `_as_given`, the values before the cast, personal ones masked; and `_is_delete`, if the
    contract says what marks a delete. A value that does not fit its type becomes null here and fails the rule
    `<column>_type`.

    Args:
        rows: The input's rows, after the row-local query, with `_sequence` and `_source_position`.
        table: The contract.
    """
    columns = (*table.columns, *table.dropped)
    marks = [table.apply_as_deletes] if table.apply_as_deletes else []
    carried = {name: F.col(MARKED if name == SOURCE_POSITION else name) for name in CARRIED_COLUMNS}
    # The contract's expressions see the source position without the key's hash.
    raw = rows.withColumns({MARKED: F.col(SOURCE_POSITION), SOURCE_POSITION: origin()[SOURCE_POSITION]}).select(
        *[F.expr(c.logic or f"`{c.name}`").alias(c.name) for c in columns],
        *[F.coalesce(F.expr(p), F.lit(False)).alias(IS_DELETE) for p in marks],
        *[column.alias(name) for name, column in carried.items()],
    )
    types = dict(raw.dtypes)
    return raw.select(
        *[cast(F.col(c.name), types[c.name], c).alias(c.name) for c in columns],
        *[F.col(c.name).isNotNull().alias(given(c.name)) for c in columns],
        F.struct(*[shown(c) for c in columns]).alias(AS_GIVEN),
        *[IS_DELETE for _ in marks],
        *CARRIED_COLUMNS,
    )
