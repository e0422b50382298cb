"""Treats personal values, after rules have seen them in clear and before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.pii_keys import INNER, OUTER
from shared.contracts import Treatment
from shared.personal_data import MASKED
from shared.vault import TOKEN, VALUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from jobs.runtime.pii_keys import PiiKeys
    from shared.contracts import Column, Table

LAST = 4


def treated(rows: DataFrame, table: Table, read_keys: Callable[[], PiiKeys]) -> DataFrame:
    """Replace the clear value of every column that has a treatment by the treated one.

    Grain: one row in, one row out. A null stays null.

    Args:
        rows: Typed rows whose rules have been decided.
        table: The contract.
        read_keys: Fetches the keys; not called for a table that needs none.
    """
    if not table.treated:
        return rows
    if not any(c.treatment and c.treatment.needs_key for c in table.treated):
        return rows.withColumns({c.name: _without_key(c) for c in table.treated})
    keys = read_keys()
    values = {c.name: _with_key(c, keys) if _needs_key(c) else _without_key(c) for c in table.treated}
    return keys.beside(rows).withColumns(values).drop(INNER, OUTER)


def token_values(rows: DataFrame, table: Table, read_keys: Callable[[], PiiKeys]) -> DataFrame | None:
    """The tokens of some rows, each with the clear value that it stands for; None for a table without tokens.

    Grain: one row in, one row per distinct token out. It may be written only to the vault.

    Args:
        rows: Typed rows, before they are treated.
        table: The contract.
        read_keys: Gives the same keys that the rows are treated with.
    """
    if not table.tokenized:
        return None
    keys = read_keys()
    pairs = [F.struct(keys.token(F.col(c.name)).alias(TOKEN), F.col(c.name).alias(VALUE)) for c in table.tokenized]
    return keys.beside(rows).select(F.inline(F.array(*pairs))).where(F.col(TOKEN).isNotNull()).distinct()


def shown(column: Column) -> SparkColumn:
    """A column's value before the cast, as the quarantine shows it: masked if the column has a treatment."""
    value = F.col(column.name)
    return F.when(value.isNotNull(), MASKED).alias(column.name) if column.treatment else value


def _needs_key(column: Column) -> bool:
    return column.treatment is not None and column.treatment.needs_key


def _with_key(column: Column, keys: PiiKeys) -> SparkColumn:
    value = F.col(column.name)
    return keys.token(value) if column.treatment is Treatment.TOKENIZE else keys.hashed(value)


def _without_key(column: Column) -> SparkColumn:
    value = F.col(column.name)
    match column.treatment:
        case Treatment.MASK_LAST4:
            # The last letters of a shorter value would be most of it.
            return F.when(F.length(value) > 2 * LAST, F.concat(F.lit(MASKED), F.right(value, F.lit(LAST)))).when(
                value.isNotNull(), MASKED
            )
        case Treatment.MASK_EMAIL:
            domain = F.regexp_extract(value, r"@([^@\s]+)$", 1)
            return F.when(domain != "", F.concat(F.lit(f"{MASKED}@"), domain)).when(value.isNotNull(), MASKED)
        case Treatment.YEAR:
            return F.year(value)
        case Treatment.PREFIX3:
            return F.left(value, F.lit(3))
    raise AssertionError(column.treatment)
