"""A served table's rows as the API gives them: the path of the key, and the row as JSON."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.feed import TIMES
from jobs.runtime.texts import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table
    from shared.serving import ServedPath

KEY, ROW, BEFORE = "key", "row", "before"
# API Gateway decodes a path before it hands it on: one could not be told from a longer path, the other from its end.
OUTSIDE_OF_PATHS = frozenset("/?")


def shape_of(table: Table, path: ServedPath) -> str:
    """A hash of what decides how a row is served: another one means that every row is published again."""
    facts = (str(path), [(c.name, c.type) for c in table.columns])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def whole(rows: DataFrame, table: Table) -> DataFrame:
    """Every row.

    Grain: one row per key; `key` is its columns as JSON, `row` the row, and `before` says that it is not new.
    """
    return rows.select(
        _json(table, table.primary_key).alias(KEY),
        _json(table, table.column_names).alias(ROW),
        F.lit(False).alias(BEFORE),  # noqa: FBT003 - a literal
    )


def changed(images: DataFrame, table: Table) -> DataFrame:
    """The rows that a change feed's images say have come or gone.

    Grain: one row per key, as in `whole`; `row` is null where there is none any more.

    Args:
        images: `jobs.runtime.feed.images` of all the table's columns.
        table: The table.
    """
    row = F.when(F.col(TIMES) > 0, _json(table, table.column_names))
    grouped = images.groupBy(*table.primary_key).agg(F.max(row).alias(ROW), F.min(TIMES).alias(TIMES))
    return grouped.select(_json(table, table.primary_key).alias(KEY), ROW, (F.col(TIMES) < 0).alias(BEFORE))


def served(rows: DataFrame, path: ServedPath) -> Iterator[tuple[str | None, str | None, bool]]:
    """Each row's path, its JSON and whether there was one before, taken from Spark one part after the other.

    The path is None where nobody could ask for it.
    """
    for row in rows.toLocalIterator(prefetchPartitions=True):
        values = json.loads(row[KEY])
        key = [str(values[column]) for column in path.columns]
        yield None if OUTSIDE_OF_PATHS.intersection("".join(key)) else path.of(key), row[ROW], row[BEFORE]


def _json(table: Table, names: tuple[str, ...]) -> Column:
    """Columns as the table's JSON Schema has them: decimals are texts."""
    types = {c.name: c.type for c in table.columns}
    texts = [F.col(n).cast("string").alias(n) if types[n].startswith("decimal") else F.col(n) for n in names]
    return as_json(*texts)
